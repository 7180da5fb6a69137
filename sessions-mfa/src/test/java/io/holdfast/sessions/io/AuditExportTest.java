package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.AuditExportConfig.Syslog;
import io.holdfast.config.AuditExportConfig.Transport;
import io.holdfast.config.HostPort;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ReloadingTls;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.AuditRecord;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditExportTest {
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");
    private static final Duration SOON = Duration.ofSeconds(20);

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    @TempDir
    Path directory;

    @AfterEach
    void close() {
        store.close();
    }

    private AuditLog log() {
        return new AuditLog(store, directory.resolve("audit"), "db1", "1a", () -> AT);
    }

    private static void record(AuditLog log, int... numbers) {
        for (int number : numbers) {
            log.record(
                    new AuditEntry("ada", "10.0.0.9", "restore", "target=" + number, 3L, number % 2 == 0, "HF-4003"));
        }
    }

    private AuditExport export(AuditLog log, @Nullable Path file, @Nullable Syslog syslog) {
        return new AuditExport(log, directory.resolve("audit"), new AuditExportConfig(file, syslog), "db1");
    }

    private static List<String> objects(List<String> lines) {
        return lines.stream()
                .map(line -> SessionJson.read(line.substring(line.indexOf('{')), AuditRecord.class).entry().object())
                .toList();
    }

    @Test
    void aFileGetsEachRecordOnceAcrossRestartsAndMayBeMovedAway() throws IOException {
        Path file = directory.resolve("audit.json");
        try (AuditLog log = log()) {
            record(log, 1, 2);
            AuditExport export = export(log, file, null);
            export.turn();
            record(log, 3);
            export.turn();
            export.turn();
        }
        assertEquals(List.of("target=1", "target=2", "target=3"), objects(Files.readAllLines(file)));
        Files.move(file, directory.resolve("audit.json.1"));
        try (AuditLog log = log()) {
            record(log, 4);
            export(log, file, null).turn();
        }
        assertEquals(List.of("target=4"), objects(Files.readAllLines(file)));
        assertEquals("rw-r-----",
                java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @Test
    void moreThanFitsInOneTurnGoesAllTheSame() throws IOException {
        Path file = directory.resolve("audit.json");
        try (AuditLog log = log()) {
            for (int i = 0; i < 450; i++) {
                record(log, i);
            }
            export(log, file, null).turn();
        }
        assertEquals(450, Files.readAllLines(file).size());
    }

    @Test
    void whatCannotBeWrittenIsTriedAgainLaterAndHoldsUpNobodyElse() throws IOException {
        Path missing = directory.resolve("not-yet/audit.json");
        try (Receiver receiver = new Receiver(null, 0); AuditLog log = log()) {
            AuditExport export = export(log, missing, receiver.tcp());
            record(log, 1);
            assertEquals(Duration.ofSeconds(5), export.turn());
            Eventually.within(SOON, "the server has it", () -> receiver.got.size() == 1);
            Files.createDirectory(missing.getParent());
            assertEquals(Duration.ofSeconds(1), export.turn());
            assertEquals(List.of("target=1"), objects(Files.readAllLines(missing)));
            assertEquals(1, receiver.got.size());
        }
    }

    @Test
    void syslogIsAsRfc5424Says() throws IOException {
        try (Receiver receiver = new Receiver(null, 0); AuditLog log = log()) {
            record(log, 1, 2);
            export(log, null, receiver.tcp()).turn();
            Eventually.within(SOON, "both are there", () -> receiver.got.size() == 2);
            // Facility 13, log audit; severity 5 for what was refused, 6 for what was allowed.
            assertTrue(receiver.got.get(0).startsWith("<109>1 2026-01-31T10:00:00"), receiver.got::toString);
            assertTrue(receiver.got.get(0).contains(" db1 holdfast - restore - {"), receiver.got::toString);
            assertTrue(receiver.got.get(1).startsWith("<110>1 "), receiver.got::toString);
            assertEquals(List.of("target=1", "target=2"), objects(receiver.got));
        }
    }

    @Test
    void aServerThatIsAwayGetsAllWhenItIsBack() throws IOException {
        int port;
        try (Receiver first = new Receiver(null, 0)) {
            port = first.port();
        }
        try (AuditLog log = log()) {
            AuditExport export = export(log, null, new Syslog(new HostPort("127.0.0.1", port), Transport.TCP, null));
            record(log, 1, 2);
            assertEquals(Duration.ofSeconds(5), export.turn());
            try (Receiver back = new Receiver(null, port)) {
                assertEquals(Duration.ofSeconds(1), export.turn());
                Eventually.within(SOON, "all is there", () -> back.got.size() == 2);
                assertEquals(List.of("target=1", "target=2"), objects(back.got));
            }
        }
    }

    @Test
    void byTlsOnlyAServerIsToldThatTheAuthorityVouchesFor() throws Exception {
        CertificateAuthority.init(directory.resolve("ca"));
        CertificateAuthority.init(directory.resolve("other"));
        CertificateAuthority.issue(directory.resolve("ca"), "siem", List.of("127.0.0.1"), directory);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[]{new ReloadingTls(directory.resolve("ca/ca.crt"), directory.resolve("siem.crt"),
                directory.resolve("siem.key")).keyManager()}, null, null);
        try (Receiver receiver = new Receiver(context, 0); AuditLog log = log()) {
            record(log, 1);
            HostPort server = new HostPort("127.0.0.1", receiver.port());
            assertEquals(Duration.ofSeconds(5),
                    export(log, null, new Syslog(server, Transport.TLS, directory.resolve("other/ca.crt"))).turn());
            assertEquals(Duration.ofSeconds(1),
                    export(log, null, new Syslog(server, Transport.TLS, directory.resolve("ca/ca.crt"))).turn());
            Eventually.within(SOON, "it is there", () -> receiver.got.size() == 1);
        }
    }

    @Test
    void byUdpEachRecordIsADatagram() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress()); AuditLog log = log()) {
            socket.setSoTimeout((int) SOON.toMillis());
            record(log, 1);
            export(log, null, new Syslog(new HostPort("127.0.0.1", socket.getLocalPort()), Transport.UDP, null)).turn();
            DatagramPacket packet = new DatagramPacket(new byte[8192], 8192);
            socket.receive(packet);
            assertEquals(List.of("target=1"),
                    objects(List.of(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))));
        }
    }

    @Test
    void aPositionThatSaysNothingCostsRepeatsAndNoRecord() throws IOException {
        Path file = directory.resolve("audit.json");
        try (AuditLog log = log()) {
            record(log, 1);
            export(log, file, null).turn();
            Files.writeString(directory.resolve("audit/exported-file"), "");
            record(log, 2);
            export(log, file, null).turn();
        }
        assertEquals(List.of("target=1", "target=1", "target=2"), objects(Files.readAllLines(file)));
    }

    /** Takes messages with their length before them (RFC 6587, section 3.4.1), as rsyslog and syslog-ng do. */
    private static final class Receiver implements AutoCloseable {
        final List<String> got = new CopyOnWriteArrayList<>();
        private final ServerSocket server;

        Receiver(@Nullable SSLContext context, int port) throws IOException {
            server = context == null
                    ? new ServerSocket(port, 10, InetAddress.getLoopbackAddress())
                    : context.getServerSocketFactory().createServerSocket(port, 10, InetAddress.getLoopbackAddress());
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return server.getLocalPort();
        }

        Syslog tcp() {
            return new Syslog(new HostPort("127.0.0.1", port()), Transport.TCP, null);
        }

        private void accept() {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    read(socket.getInputStream());
                } catch (IOException e) {
                    // It ends, or the other side did not want it.
                    continue;
                }
            }
        }

        private void read(InputStream in) throws IOException {
            while (true) {
                int length = 0;
                int next = in.read();
                while (next >= '0' && next <= '9') {
                    length = length * 10 + next - '0';
                    next = in.read();
                }
                if (next != ' ') {
                    return;
                }
                got.add(new String(in.readNBytes(length), StandardCharsets.UTF_8));
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
