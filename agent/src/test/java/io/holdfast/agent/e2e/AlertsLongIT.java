package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.ShippedAlerts;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.RedisNode;
import io.holdfast.testkit.io.RedisTrio;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import redis.clients.jedis.Jedis;

/** Every rule that is shipped fires, and is over, by its real cause; a receiver is told of both. */
@Tag("long")
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AlertsLongIT {
    private static final Steps STEPS = new Steps("AlertsLongIT");
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final long DISK_BYTES = 640L << 20;
    private static final Set<String> SEEN = new TreeSet<>();
    private static Lab lab;
    private static AlertReceiver receiver;
    private static RedisTrio redis;

    @BeforeAll
    static void start() throws Exception {
        redis = RedisTrio.start(RedisTrio.Spec.USUAL);
        receiver = AlertReceiver.start();
        String at_once = ShippedAlerts.all()
                .stream()
                .map(rule -> rule.name() + ": {for: 1s}")
                .collect(Collectors.joining(", "));
        lab = Lab.prepare(LabSpec.members(3)
                .on(LabSpec.Wires.LOOPBACK)
                .withBackups()
                .brittleDisk(DISK_BYTES)
                .with("restart-in-place", "never")
                .with("cooldown", "0s")
                .with("alerts", "{" + at_once + "}"), "AlertsLongIT");
        String sentinels = redis.nodes()
                .stream()
                .map(one -> "\"" + one.sentinel() + "\"")
                .collect(Collectors.joining(", "));
        for (LabMember member : lab.members()) {
            Files.writeString(member.config(), receiver.configuration() + "redis: {sentinels: [" + sentinels
                    + "], masters: [" + RedisTrio.MASTER + "]}\n", StandardOpenOption.APPEND);
            member.startAgent();
        }
        lab.awaitHealthy(Scenario.BOOTSTRAP);
        lab.primary().target().query("CREATE TABLE t (v text)");
    }

    @AfterAll
    static void stop() {
        try {
            lab.close();
        } finally {
            receiver.close();
            redis.close();
        }
    }

    @BeforeEach
    void whatWasToldBeforeDoesNotCount() {
        receiver.forget();
    }

    @AfterEach
    void isWell() {
        Scenario.awaitAllCount(lab);
    }

    // ---- standbys

    @Test
    @Order(1)
    void aStandbyThatDoesNotReplayAndOneThatDoesNotReceive() throws Exception {
        LabMember standby = lab.standby();
        set("replication-lag.above=2", "replication-lag.until=1", "replication-lag-bytes.above=1000000",
                "replication-lag-bytes.until=500000");
        standby.target().query("SELECT pg_wal_replay_pause()");
        write(100);
        fires("replication-lag", standby.name());
        standby.target().query("SELECT pg_wal_replay_resume()");
        isOver("replication-lag", standby.name());

        List<Long> receivers = processes(standby, "walreceiver");
        signal("-STOP", receivers);
        try {
            write(30_000);
            fires("replication-lag-bytes", standby.name());
        } finally {
            signal("-CONT", receivers);
        }
        isOver("replication-lag-bytes", standby.name());
        unset("replication-lag", "replication-lag-bytes");
    }

    @Test
    @Order(2)
    void aPrimaryWhoseStandbysAreAllSilent() {
        try (Fault _ = lab.primary().faults().stopWalSenders()) {
            fires("no-sync-standby", "");
        }
        isOver("no-sync-standby", "");
    }

    @Test
    @Order(3)
    void aSlotThatNobodyReads() throws Exception {
        LabMember primary = lab.primary();
        set("slot-retention.above=3000000", "slot-retention.until=2000000");
        primary.target().query("SELECT pg_create_physical_replication_slot('unused', true)");
        write(60_000);
        AlertReceiver.Message told = fires("slot-retention", primary.name());
        assertEquals("unused", told.json().path("labels").path("slot").asText());
        primary.target().query("SELECT pg_drop_replication_slot('unused')");
        isOver("slot-retention", primary.name());
        unset("slot-retention");
    }

    // ---- PostgreSQL and the node

    @Test
    @Order(4)
    void transactionIdsThatAreUsedUp() throws Exception {
        LabMember primary = lab.primary();
        long age = Long.parseLong(primary.target().ask("SELECT max(age(datfrozenxid)) FROM pg_database").orElseThrow());
        set("wraparound.above=" + (age + 50), "wraparound.until=" + (age + 40));
        for (int i = 0; i < 100; i++) {
            primary.target().query("SELECT txid_current()");
        }
        fires("wraparound", primary.name());
        primary.target().query("ALTER DATABASE template0 ALLOW_CONNECTIONS true");
        Commands.Result vacuum = primary.run(SOON, List.of("/usr/lib/postgresql/15/bin/vacuumdb", "--all", "--freeze",
                "-h", primary.directory().resolve("state/socket").toString(), "-p",
                Integer.toString(primary.target().port()), "-U", "postgres"));
        assertEquals(0, vacuum.exit(), vacuum.text());
        isOver("wraparound", primary.name());
        primary.target().query("ALTER DATABASE template0 ALLOW_CONNECTIONS false");
        unset("wraparound");
    }

    @Test
    @Order(5)
    void aDiskThatFillsUp() throws Exception {
        LabMember standby = lab.standby();
        Path disk = Objects.requireNonNull(standby.data().getParent());
        Path filler = disk.resolve("filler");
        set("disk-low.below=30", "disk-low.until=35");
        long free = Files.getFileStore(disk).getUsableSpace();
        Commands.must("dd", "if=/dev/zero", "of=" + filler, "bs=1M",
                "count=" + ((free - DISK_BYTES / 5) >> 20), "status=none");
        fires("disk-low", standby.name());
        Files.delete(filler);
        isOver("disk-low", standby.name());
        unset("disk-low");
    }

    @Test
    @Order(6)
    void aCertificateThatEndsSoon() throws Exception {
        LabMember member = lab.standby();
        Path certs = lab.directory().resolve("certs");
        Path own = certs.resolve(member.name() + ".crt");
        byte[] before = Files.readAllBytes(own);
        Commands.must("sh", "-c",
                ("cd %s && openssl x509 -in %s.crt -noout -ext subjectAltName,extendedKeyUsage,keyUsage"
                        + " >/dev/null && openssl req -new -key %s.key -subj /CN=%s -out short.csr 2>/dev/null"
                        + " && openssl x509 -req -in short.csr -CA ca.crt -CAkey ca.key -days 10 -out short.crt -extfile /dev/stdin"
                        + " 2>/dev/null <<END\nsubjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\nEND\n")
                        .formatted(certs, member.name(), member.name(), member.name()));
        Commands.must("cp", certs.resolve("short.crt").toString(), own.toString());
        AlertReceiver.Message told = fires("certificate-expiry", member.name());
        assertEquals("own", told.json().path("labels").path("file").asText());
        Files.write(own, before);
        isOver("certificate-expiry", member.name());
    }

    // ---- backups

    @Test
    @Order(8)
    void aRepositoryThatCannotBeWritten() throws Exception {
        LabMember primary = lab.primary();
        set("archive-stuck.above=3", "archive-stuck.until=1");
        mode("a-w");
        try {
            write(10);
            primary.target().query("SELECT pg_switch_wal()");
            fires("archive-stuck", primary.name());
        } finally {
            mode("u+w");
        }
        isOver("archive-stuck", primary.name());
        unset("archive-stuck");
    }

    @Test
    @Order(9)
    void backupsThatNobodyProvedAndATrialThatFails() throws Exception {
        set("backup-not-proved.above=60");
        fires("backup-not-proved", "");
        LabMember member = lab.standby();
        ok(member.cli(Duration.ofMinutes(3), "backup", "create", "--full", "--json"));
        lab.primary().target().query("SELECT pg_switch_wal()");
        Path wrong = Files.writeString(lab.directory().resolve("wrong.sql"), "SELECT 1 / 0;\n");
        Commands.Result failed = drill(member, "--sql", wrong.toString());
        assertTrue(failed.exit() != 0, failed.text());
        fires("drill-failed", "");
        ok(drill(member));
        isOver("drill-failed", "");
        isOver("backup-not-proved", "");
        unset("backup-not-proved");
    }

    private static Commands.Result drill(LabMember member, String... more) {
        List<String> verb = new ArrayList<>(List.of("backup", "drill", "--json", "--identity",
                lab.backups().identity().toString()));
        verb.addAll(List.of(more));
        return member.cli(Duration.ofMinutes(3), verb.toArray(String[]::new));
    }

    // ---- agents and the cluster

    @Test
    @Order(10)
    void anAgentThatIsGone() {
        LabMember standby = lab.standby();
        standby.faults().killAgent();
        try {
            fires("agent-gone", standby.name());
            fires("quorum-at-risk", "");
        } finally {
            standby.startAgent();
        }
        isOver("agent-gone", standby.name());
        isOver("quorum-at-risk", "");
    }

    @Test
    @Order(11)
    void aMajorityThatIsGone() {
        LabMember last = lab.primary();
        List<LabMember> others = lab.others(last);
        others.forEach(member -> member.faults().killAgent());
        try {
            fires("no-quorum", last.name());
        } finally {
            others.forEach(LabMember::startAgent);
        }
        isOver("no-quorum", last.name());
    }

    @Test
    @Order(12)
    void aMemberThatNeedsSomebody() {
        LabMember standby = lab.standby();
        Fault fault = standby.faults().lockData();
        fires("member-failed", standby.name());
        fires("member-not-well", standby.name());
        fault.undo();
        isOver("member-failed", standby.name());
        isOver("member-not-well", standby.name());
    }

    @Test
    @Order(13)
    void aClusterWithoutAPrimaryAndAFailoverButNoSwitchover() {
        set("failover-happened.below=20");
        LabMember old = lab.primary();
        ok(old.cli("pause"));
        old.faults().killPostmaster();
        fires("no-primary", "");
        ok(old.cli("resume"));
        isOver("no-primary", "");
        fires("failover-happened", "");
        isOver("failover-happened", "");
        Scenario.awaitAllCount(lab);
        receiver.forget();
        String to = lab.standby().name();
        ok(lab.primary().cli("switchover", "--to", to));
        lab.awaitHealthy(Scenario.REJOIN);
        LabMember gone = lab.standby();
        gone.faults().killAgent();
        // Told later, so the other one would have been told too.
        fires("agent-gone", gone.name());
        gone.startAgent();
        isOver("agent-gone", gone.name());
        assertEquals(List.of(), receiver.about("failover-happened", ""));
        unset("failover-happened");
    }

    @Test
    @Order(14)
    void aDiskThatBreaks() {
        LabMember standby = lab.standby();
        Fault fault = standby.faults().breakDisk();
        fires("disk-fails", standby.name());
        fault.undo();
        isOver("disk-fails", standby.name());
    }

    // ---- Redis

    @Test
    @Order(15)
    void findingsAboutRedis() {
        // It keeps nothing on disk, and takes writes without any replica: that was told when it was first seen.
        assertTrue(lab.primary().cli("alert", "list").out().contains("redis-warning"), lab.describe());
        for (RedisNode node : redis.replicas()) {
            configure(node, "replica-priority", "0");
        }
        fires("redis-fails", "");
        redis.replicas().forEach(node -> configure(node, "replica-priority", "100"));
        isOver("redis-fails", "");
        redis.nodes().forEach(node -> configure(node, "min-replicas-to-write", "1"));
        isOver("redis-warning", "");
    }

    private static void configure(RedisNode node, String parameter, String value) {
        try (Jedis jedis = node.connect()) {
            jedis.configSet(parameter, value);
        }
    }

    @Test
    @Order(99)
    void noRuleIsForgotten() {
        Set<String> shipped = ShippedAlerts.all().stream().map(rule -> rule.name()).collect(Collectors.toSet());
        shipped.removeAll(SEEN);
        // The agents share the clock of this machine: ClockBeatTest gives each one of its own.
        shipped.remove("clock-skew");
        assertEquals(Set.of(), shipped, "rules that did not fire and end");
    }

    // ---- what all have in common

    private static AlertReceiver.Message fires(String rule, String member) {
        AlertReceiver.Message told = receiver.await(rule, member, "firing", true, SOON);
        STEPS.step(rule + " fires: " + told.json().path("summary").asText());
        assertTrue(told.json().path("runbook").asText().endsWith(".md"), told.json().toString());
        return told;
    }

    private static void isOver(String rule, String member) {
        receiver.await(rule, member, "resolved", true, Duration.ofSeconds(90));
        STEPS.step(rule + " is over");
        List<String> keys = receiver.about(rule, "").stream().map(AlertReceiver.Message::key).toList();
        // Without a majority each agent tells, and who is killed may have told: nobody was killed while telling here.
        assertEquals(keys.size(), keys.stream().distinct().count(), () -> "told twice: " + receiver.about(rule, ""));
        SEEN.add(rule);
    }

    private static void write(int rows) throws Exception {
        lab.primary()
                .target()
                .query("INSERT INTO t SELECT repeat(md5(g::text), 5) FROM generate_series(1, " + rows + ") g");
    }

    private static void set(String... changes) {
        ok(lab.primary()
                .cli(Stream.concat(Stream.of("config", "set"), Stream.of(changes).map(one -> "alerts." + one))
                        .toArray(String[]::new)));
    }

    private static void unset(String... rules) {
        ok(lab.primary()
                .cli(Stream.concat(Stream.of("config", "set"), Stream.of(rules).map(one -> "alerts." + one + "="))
                        .toArray(String[]::new)));
    }

    private static void ok(Commands.Result result) {
        assertEquals(0, result.exit(), result.text());
    }

    private static void mode(String change) {
        Commands.must("chmod", "-R", change, lab.backups().repository().toString());
    }

    private static void signal(String which, List<Long> pids) {
        pids.forEach(pid -> Commands.must("kill", which, pid.toString()));
    }

    private static List<Long> processes(LabMember member, String what) {
        return member.processes().stream().map(one -> one.pid()).filter(pid -> {
            try {
                return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline")).contains(what);
            } catch (IOException e) {
                return false;
            }
        }).toList();
    }
}
