package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.BackupConfig;
import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DoctorTest {
    /** What depends on the machine that the tests run on. */
    private static final Set<String> OF_THE_MACHINE = Set.of("HF-0060", "HF-0061", "HF-0062");

    @TempDir
    Path dir;

    private int health;
    private int peer;
    private int postgres;

    @BeforeEach
    void aGoodMachine() throws IOException {
        List<Integer> ports = freePorts(3);
        health = ports.get(0);
        peer = ports.get(1);
        postgres = ports.get(2);
        Files.createDirectories(dir.resolve("state"));
        dataDirectory("15");
        binaries("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)");
        CertificateAuthority.init(dir.resolve("ca"));
        CertificateAuthority.issue(dir.resolve("ca"), "db1", List.of("127.0.0.1"), dir.resolve("tls"));
    }

    private void dataDirectory(String version) throws IOException {
        Path data = Files.createDirectories(dir.resolve("data"));
        Files.writeString(data.resolve("PG_VERSION"), version + "\n");
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        if (System.getProperty("user.name").equals("root")) {
            Files.setOwner(data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        }
    }

    private void binaries(String version) throws IOException {
        Path bin = Files.createDirectories(dir.resolve("bin"));
        for (String name : List.of("postgres", "initdb", "pg_basebackup", "pg_rewind", "pg_controldata")) {
            Path file = bin.resolve(name);
            Files.writeString(file, "#!/bin/sh\necho '" + version + "'\n");
            assertTrue(file.toFile().setExecutable(true));
        }
    }

    private static List<Integer> freePorts(int count) throws IOException {
        if (count == 0) {
            return List.of();
        }
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Integer> ports = new java.util.ArrayList<>(freePorts(count - 1));
            ports.add(socket.getLocalPort());
            return ports;
        }
    }

    private HoldfastConfig config(String... replacements) {
        String yaml = """
                cluster: {name: orders}
                member: db1
                listen: {health: "127.0.0.1:%d", peer: "127.0.0.1:%d", api: "127.0.0.1:%d", socket: s.sock}
                peers: {db1: "127.0.0.1:%d"}
                state: state
                tls: {ca: ca/ca.crt, cert: tls/db1.crt, key: tls/db1.key}
                postgresql: {data: data, bin: bin, address: "127.0.0.1:%d"}
                """.formatted(health, peer, postgres + 1 > 65_535 ? 1024 : postgres + 1, peer, postgres);
        for (int i = 0; i < replacements.length; i += 2) {
            yaml = yaml.replace(replacements[i], replacements[i + 1]);
        }
        return ConfigLoader.read(yaml, dir, name -> null);
    }

    private static Set<String> codes(List<Finding> findings) {
        return findings.stream()
                .map(finding -> finding.problem().code())
                .filter(code -> !OF_THE_MACHINE.contains(code) && !code.equals("HF-0050"))
                .collect(Collectors.toSet());
    }

    private Finding only(HoldfastConfig config, String code) {
        List<Finding> findings = Doctor.check(config);
        assertEquals(Set.of(code), codes(findings), findings.toString());
        return findings.stream().filter(finding -> finding.problem().code().equals(code)).findFirst().orElseThrow();
    }

    @Test
    void findsNothingOnAGoodMachine() {
        List<Finding> findings = Doctor.check(config());
        assertEquals(Set.of(), codes(findings), findings.toString());
    }

    @Test
    void aWitnessNeedsNoPostgresql() {
        HoldfastConfig witness = config("postgresql:", "# postgresql:");
        assertTrue(witness.isWitness());
        assertEquals(Set.of(), codes(Doctor.check(witness)));
    }

    @Test
    void findsASealKeyThatOthersCanReadOrThatLiesWithWhatItSeals() throws IOException {
        Path key = dir.resolve("seal.key");
        Files.writeString(key, "c3MzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldHM=\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        String section = "state: state\nsessions: {seal-key: '${file:%s}'}";
        Finding readable = only(config("state: state", section.formatted(key)), "HF-0076");
        assertTrue(readable.problem().fact().startsWith("sessions.seal-key"), readable.toString());
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertEquals(Set.of(), codes(Doctor.check(config("state: state", section.formatted(key)))));
        Path within = Files.move(key, dir.resolve("state/seal.key"));
        assertEquals(Finding.Severity.ERROR,
                only(config("state: state", section.formatted(within)), "HF-0086").severity());
    }

    @Test
    void findsACallbackThatCannotBeRun() throws IOException {
        HoldfastConfig config = config("bin: bin,", "bin: bin, callbacks: {on-role-change: [moved, eth0]},");
        assertTrue(only(config, "HF-0066").problem().fact().contains(dir.resolve("moved").toString()));
        Files.writeString(dir.resolve("moved"), "#!/bin/sh\n");
        assertTrue(dir.resolve("moved").toFile().setExecutable(true));
        assertEquals(Set.of(), codes(Doctor.check(config)));
    }

    @Test
    void looksAtWhatBackupsNeed() throws IOException {
        String recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
        String sealed = "state: state\nbackup: {repository: 'file:" + dir.resolve("repository") + "', recipients: ["
                + recipient + "], wal-identity: wal.key, signing-key: sign.key}";
        HoldfastConfig config = config("state: state", sealed);
        assertEquals(Set.of("HF-0082"), codes(Doctor.check(config)));
        Path wal = Files.writeString(dir.resolve("wal.key"), "# made today\nAGE-SECRET-KEY-1QQQ\n");
        Path sign = Files.writeString(dir.resolve("sign.key"), "-----BEGIN PRIVATE KEY-----\n");
        Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rw-r-----"));
        Files.setPosixFilePermissions(sign, PosixFilePermissions.fromString("rw-------"));
        assertTrue(only(config, "HF-0076").problem().fact().startsWith("backup.wal-identity"));
        Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rw-------"));
        assertEquals(Set.of(), codes(Doctor.check(config)));
        Files.writeString(wal, recipient);
        assertTrue(only(config, "HF-0083").problem().fact().startsWith("backup.wal-identity"));
        only(config("state: state", sealed.replace(", wal-identity: wal.key", "")), "HF-0081");
        Files.writeString(wal, "AGE-SECRET-KEY-1QQQ\n");
        String drill = sealed.replace("sign.key}",
                "sign.key, drill: {identity: drill.key, sql: ask.sql, directory: room}}");
        assertEquals(Set.of("HF-0063", "HF-0082", "HF-0085"), codes(Doctor.check(config("state: state", drill))));
        Files.copy(wal, dir.resolve("drill.key"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(dir.resolve("ask.sql"), "select 1;\n");
        Files.createDirectory(dir.resolve("room"));
        assertEquals(Set.of(), codes(Doctor.check(config("state: state", drill))));
    }

    @Test
    void findsThatThereIsNoCurl() throws IOException {
        BackupConfig backup = Objects.requireNonNull(config("state: state",
                "state: state\nbackup: {repository: 'file:" + dir + "', encryption: none}").backup());
        DoctorBackup doctor = new DoctorBackup(backup, List.of(dir.resolve("gone"), dir.resolve("programs")));
        Path curl = Files.createDirectory(dir.resolve("programs")).resolve("curl");
        Files.writeString(curl, "#!/bin/sh\n");
        assertEquals(Set.of("HF-0084"), codes(doctor.curl()));
        assertTrue(curl.toFile().setExecutable(true));
        assertEquals(List.of(), doctor.curl());
    }

    @Test
    void looksAtTheRepositoryAndSaysWhenNothingIsEncrypted() throws IOException {
        String open = "state: state\nbackup: {repository: 'file:" + dir.resolve("disk/repository")
                + "', encryption: none}";
        HoldfastConfig config = config("state: state", open);
        assertEquals(Set.of("HF-0064", "HF-0080"), codes(Doctor.check(config)));
        Files.createDirectory(dir.resolve("disk"));
        assertEquals(Finding.Severity.WARNING, only(config, "HF-0080").severity());
        Files.writeString(dir.resolve("disk/repository"), "a file");
        assertEquals(Set.of("HF-0063", "HF-0080"), codes(Doctor.check(config)));
    }

    @Test
    void saysThatThisMemberWasRemoved() throws IOException {
        RemovedMark.write(dir.resolve("state"), "db1 was removed by root");
        Finding finding = only(config(), "HF-0067");
        assertEquals(Finding.Severity.ERROR, finding.severity());
        assertEquals("db1 was removed by root", finding.problem().fact());
    }

    @Test
    void namesEachMissingBinaryAndStillChecksTheRest() throws IOException {
        Files.delete(dir.resolve("bin/pg_rewind"));
        Files.delete(dir.resolve("bin/postgres"));
        Files.delete(dir.resolve("tls/db1.key"));
        List<Finding> findings = Doctor.check(config());
        assertEquals(Set.of("HF-0040", "HF-0070"), codes(findings));
        assertEquals(2, findings.stream().filter(finding -> finding.problem().code().equals("HF-0040")).count());
    }

    @Test
    void refusesAVersionThatIsTooOldOrNone() throws IOException {
        dataDirectory("12");
        binaries("postgres (PostgreSQL) 12.3");
        assertEquals(Finding.Severity.ERROR, only(config(), "HF-0041").severity());
        binaries("hello");
        assertTrue(only(config(), "HF-0042").problem().fact().contains("'hello'"));
    }

    @Test
    void warnsOfAMinorReleaseWithoutTheStartUpFixInDurabilityQuorumOnly() throws IOException {
        binaries("postgres (PostgreSQL) 15.12");
        Finding finding = only(config(), "HF-0048");
        assertEquals(Finding.Severity.WARNING, finding.severity());
        assertTrue(finding.problem().hint().contains("15.13"), finding.problem().message());
        assertEquals(Set.of(),
                codes(Doctor.check(config("name: orders", "name: orders, settings: {durability: async}"))));
        dataDirectory("18");
        binaries("postgres (PostgreSQL) 18beta1");
        assertEquals(Set.of(), codes(Doctor.check(config())));
    }

    @Test
    void refusesADataDirectoryOfAnotherVersion() throws IOException {
        dataDirectory("14");
        assertTrue(only(config(), "HF-0045").problem().fact().contains("of PostgreSQL 14, the binaries are of 15"));
    }

    @Test
    void refusesADataDirectoryThatIsNone() throws IOException {
        Files.delete(dir.resolve("data/PG_VERSION"));
        assertEquals(Set.of(), codes(Doctor.check(config())));
        Files.writeString(dir.resolve("data/holiday.jpg"), "x");
        assertTrue(only(config(), "HF-0046").problem().fact().contains("holiday.jpg"));
        assertEquals("HF-0046", only(config("data: data", "data: bin/postgres"), "HF-0046").problem().code());
    }

    @Test
    void refusesADataDirectoryThatOthersCanRead() throws IOException {
        Files.setPosixFilePermissions(dir.resolve("data"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertTrue(only(config(), "HF-0044").problem().hint().startsWith("chmod 0700"));
        Files.setPosixFilePermissions(dir.resolve("data"), PosixFilePermissions.fromString("rwxr-x---"));
        assertEquals(Set.of(), codes(Doctor.check(config())));
    }

    @Test
    void refusesADataDirectoryOfRoot() throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(System.getProperty("user.name").equals("root"));
        Path data = dir.resolve("data");
        Files.setOwner(data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("root"));
        assertEquals(Finding.Severity.ERROR, only(config(), "HF-0043").severity());
    }

    @Test
    void saysWhoHoldsAPort() throws IOException {
        try (ServerSocket taken = new ServerSocket(health, 1, InetAddress.getLoopbackAddress())) {
            assertTrue(taken.isBound());
            Problem problem = Ports.ofAgent(config()).getFirst();
            assertEquals("HF-0050", problem.code());
            assertEquals("listen.health: port " + health + " of 127.0.0.1 is taken by process "
                    + ProcessHandle.current().pid() + " (java)", problem.fact());
            assertTrue(Doctor.check(config())
                    .stream()
                    .anyMatch(finding -> finding.problem().equals(problem)
                            && finding.severity() == Finding.Severity.ERROR));
        }
        assertEquals(List.of(), Ports.ofAgent(config()));
    }

    @Test
    void saysThatAnAddressOrANameIsNotThisHosts() {
        assertEquals("HF-0051", Ports.check("listen.health", new HostPort("192.0.2.1", 8008)).orElseThrow().code());
        assertEquals("HF-0053",
                Ports.check("listen.health", new HostPort("nowhere.invalid", 8008)).orElseThrow().code());
    }

    @Test
    void doesNotBlameARunningAgentForItsOwnPorts() throws IOException {
        try (ServerSocketChannel agent = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                ServerSocket taken = new ServerSocket(health, 1, InetAddress.getLoopbackAddress())) {
            agent.bind(UnixDomainSocketAddress.of(dir.resolve("s.sock")));
            assertTrue(taken.isBound());
            List<Finding> findings = Doctor.check(config());
            assertEquals(Set.of("HF-0055"), codes(findings));
            assertFalse(findings.toString().contains("HF-0050"), findings.toString());
        }
    }

    @Test
    void tellsOfPeersThatDoNotAnswer() throws IOException {
        int nobody = freePorts(1).getFirst();
        Finding finding = only(config("peers: {", "peers: {db2: \"127.0.0.1:" + nobody + "\", "), "HF-0052");
        assertEquals(Finding.Severity.INFO, finding.severity());
        assertTrue(finding.problem().fact().contains("db2"), finding.problem().fact());
        try (ServerSocket answering = new ServerSocket(nobody, 1, InetAddress.getLoopbackAddress())) {
            assertTrue(answering.isBound());
            assertEquals(Set.of(),
                    codes(Doctor.check(config("peers: {", "peers: {db2: \"127.0.0.1:" + nobody + "\", "))));
        }
    }

    @Test
    void warnsWhenPeersAreSentElsewhere() {
        int elsewhere = peer - 1;
        assertEquals(Finding.Severity.WARNING, only(config("peers: {db1: \"127.0.0.1:" + peer,
                "peers: {db1: \"127.0.0.1:" + elsewhere), "HF-0056").severity());
    }

    @Test
    void refusesDirectoriesThatCannotBeUsed() throws IOException {
        Files.writeString(dir.resolve("file"), "x");
        assertEquals("HF-0063", only(config("state: state", "state: file"), "HF-0063").problem().code());
        assertEquals("HF-0064", only(config("state: state", "state: file/below/it"), "HF-0064").problem().code());
        assertEquals(Set.of(),
                codes(Doctor.check(config("state: state", "state: not/there/yet", "data: data", "data: new/data"))));
        only(config("name: orders", "name: orders, bootstrap: {sql: none.sql}"), "HF-0065");
    }

    @Test
    void measuresWhatIsFree() {
        Path path = Path.of("/x");
        assertEquals(List.of(), DoctorHost.space("state", path, 1L << 30));
        assertEquals(Finding.Severity.WARNING, DoctorHost.space("state", path, (1L << 30) - 1).getFirst().severity());
        Finding full = DoctorHost.space("state", path, 99L << 20).getFirst();
        assertEquals(Finding.Severity.ERROR, full.severity());
        assertEquals("state: the disk of /x has 99MiB free", full.problem().fact());
    }

    @Test
    void asksTheKernelForItsClock() {
        KernelClock clock = KernelClock.read();
        boolean failed = clock instanceof KernelClock.Unknown unknown && unknown.why().startsWith("adjtimex: ");
        assertFalse(failed, clock.toString());
        assertTrue(!(clock instanceof KernelClock.Synchronised known) || known.maxErrorMicros() >= 0, clock.toString());
    }

    @Test
    void refusesCertificatesOfAnotherAuthorityNameHostOrKey() throws IOException {
        CertificateAuthority.init(dir.resolve("ca2"));
        only(config("ca: ca/", "ca: ca2/"), "HF-0072");
        CertificateAuthority.issue(dir.resolve("ca"), "db2", List.of("127.0.0.1"), dir.resolve("tls"));
        only(config("key: tls/db1", "key: tls/db2"), "HF-0071");
        only(config("tls/db1.crt", "tls/db2.crt", "tls/db1.key", "tls/db2.key"), "HF-0073");
        CertificateAuthority.issue(dir.resolve("ca"), "db1", List.of("10.9.9.9"), dir.resolve("tls2"));
        only(config("tls/db1", "tls2/db1"), "HF-0077");
        Files.setPosixFilePermissions(dir.resolve("tls/db1.key"), PosixFilePermissions.fromString("rw-r--r--"));
        only(config(), "HF-0076");
        Files.writeString(dir.resolve("tls/db1.crt"), "nonsense");
        assertTrue(Doctor.check(config()).stream().anyMatch(finding -> finding.problem().code().equals("HF-0070")));
    }

    @Test
    void warnsBeforeACertificateExpiresAndSaysWhenItHas() throws IOException {
        assertEquals(Set.of("HF-0075"), tlsCodesAfter(Duration.ofDays(710)));
        assertEquals(Set.of("HF-0074"), tlsCodesAfter(Duration.ofDays(731)));
        assertEquals(Set.of("HF-0074"), tlsCodesAfter(Duration.ofDays(-1)));
        assertEquals(Set.of(), tlsCodesAfter(Duration.ofDays(600)));
    }

    private Set<String> tlsCodesAfter(Duration time) throws IOException {
        HoldfastConfig config = config();
        Clock then = Clock.fixed(Instant.now().plus(time), ZoneOffset.UTC);
        return codes(new DoctorTls(config, Objects.requireNonNull(config.tls()), then).check());
    }
}
