package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.SlotSettings;
import io.holdfast.config.SlotSettings.Permanent;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Upkeep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Parameters and slots of real PostgreSQLs, as the settings want them. */
class KeepingTest {
    private PostgresRig rig;
    private final Map<String, ClusterSettings> settings = new TreeMap<>();
    private final List<Map<String, Long>> standbys = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private Upkeep primary = Upkeep.NONE;

    @BeforeEach
    void setUp() throws Exception {
        rig = new PostgresRig(bin());
    }

    /** Where PostgreSQL's programs are. */
    Path bin() {
        return PostgresRig.BIN;
    }

    @AfterEach
    void tearDown() throws Exception {
        rig.close();
    }

    @Test
    void takesParametersOverAndNamesThoseThatWaitForARestart() {
        Member db1 = member("db1").bootstrap();
        set("db1", Map.of("work_mem", "7MB", "max_connections", "150"));
        eventually(() -> keep(db1).pendingRestart().equals(Set.of("max_connections")));
        assertEquals("7MB", show(db1, "work_mem"));
        assertEquals(100, keep(db1).sharedMemory().getOrDefault("max_connections", 0L));
        keep(db1);
        assertEquals(List.of("max_connections on db1 takes effect when its PostgreSQL is restarted"), events);
        restartPrimary(db1);
        assertEquals("150", show(db1, "max_connections"));
        eventually(() -> keep(db1).pendingRestart().isEmpty());
        set("db1", Map.of("max_connections", "150"));
        eventually(() -> !keep(db1).equals(Upkeep.NONE) && show(db1, "work_mem").equals("4MB"));
        Lsn oldest = keep(db1).oldestWal();
        assertNotNull(oldest);
        assertFalse(oldest.isAfter(db1.primary().flushed()), oldest.toString());
    }

    @Test
    void aStandbyStartsWithWhatItsPrimaryHasWhateverTheSettingsSay() {
        Member db1 = member("db1").bootstrap();
        Member db2 = member("db2");
        set("db1", Map.of("max_connections", "150", "max_locks_per_transaction", "96"));
        restartPrimary(db1);
        db2.follow(db1, 1);
        assertEquals("150", show(db2, "max_connections"));
        assertEquals("96", show(db2, "max_locks_per_transaction"));
        keep(db2);
        assertEquals(Set.of(), keep(db2).pendingRestart());

        // Lowered on the primary first; the standby hears of it through the WAL, and then takes it.
        set("db1", Map.of());
        set("db2", Map.of());
        restartPrimary(db1);
        assertEquals("100", show(db1, "max_connections"));
        eventually(() -> db2.standby().flushed().equals(db1.primary().flushed()));
        eventually(() -> keep(db2).pendingRestart().contains("max_connections"));
        done(db2.adapter.stopClean());
        done(db2.adapter.startStandby());
        db2.connect(db1, 1);
        assertEquals("100", show(db2, "max_connections"));
    }

    @Test
    void aPrimaryTakesAGreaterValueOnlyWhenItsStandbysHaveIt() {
        Member db1 = member("db1").bootstrap();
        set("db1", Map.of("max_connections", "150"));
        standbys.add(Map.of("max_connections", 100L));
        restartPrimary(db1);
        assertEquals("100", show(db1, "max_connections"));
        eventually(() -> keep(db1).pendingRestart().contains("max_connections"));
        standbys.set(0, Map.of("max_connections", 150L));
        restartPrimary(db1);
        assertEquals("150", show(db1, "max_connections"));
    }

    @Test
    void refusesWhatPostgresqlRefusesAndWhatIsNotTheUsers() {
        Map<String, String> wrong = new TreeMap<>(Map.of("wrok_mem", "1MB", "work_mem", "lots", "wal_sync_method",
                "hope",
                "archive_command", "/bin/true", "max_wal_senders", "2", "shared_buffers", "64kB", "wal_level",
                "minimal"));
        List<ConfigProblem> problems = member("db1").adapter.refusals(wrong);
        assertEquals(List.of("HF-3040 parameters.archive_command", "HF-3043 parameters.max_wal_senders",
                "HF-3042 parameters.shared_buffers", "HF-3040 parameters.wal_level",
                "HF-3042 parameters.wal_sync_method",
                "HF-3042 parameters.work_mem", "HF-3041 parameters.wrok_mem"),
                problems.stream().map(p -> p.code() + " " + p.path()).toList());
        assertTrue(problems.get(6).hint().contains("'work_mem'"), problems.get(6).message());
        assertTrue(problems.get(4).hint().contains("fdatasync"), problems.get(4).message());
        assertEquals(List.of(), member("db2").adapter.refusals(Map.of("work_mem", "64MB", "max_connections", "200",
                "shared_buffers", "1GB", "log_line_prefix", "%m [%p] 'x' ", "pg_stat_statements.max", "5000")));
    }

    @Test
    void archivesFromTheNextRestartOnAndUndoesWhatSomebodyElseSays() {
        Member db1 = member("db1").bootstrap();
        assertEquals("off", show(db1, "archive_mode"));
        assertEquals("(disabled)", show(db1, "archive_command"));

        // The agent of a configuration that has backups now.
        db1.adapter.close();
        db1.adapter = adapter(db1, archiving(db1.options, "'/srv/it''s 100%%' \"%f\" || false"));
        eventually(() -> keep(db1).pendingRestart().equals(Set.of("archive_mode")));
        restartPrimary(db1);
        assertEquals("always", show(db1, "archive_mode"));
        assertEquals("'/srv/it''s 100%%' \"%f\" || false", show(db1, "archive_command"));
        assertEquals("1min", show(db1, "archive_timeout"));
        db1.sql("select pg_switch_wal()");
        eventually(() -> !db1.sql("select failed_count from pg_stat_archiver").equals("0"));

        db1.sql("alter system set archive_command = '/bin/true'");
        db1.sql("select pg_reload_conf()");
        eventually(() -> show(db1, "archive_command").equals("/bin/true"));
        eventually(() -> !keep(db1).equals(Upkeep.NONE) && show(db1, "archive_command").contains("100%%"));
        assertTrue(events.contains("archive_command on db1 was changed by ALTER SYSTEM, and is Holdfast's again"),
                events.toString());
        assertEquals(2, events.size(), events.toString());
    }

    @Test
    void aPermanentPhysicalSlotIsOnEveryMemberAndMovesOnBehindThePrimarys() {
        Member db1 = member("db1").bootstrap();
        Member db2 = member("db2").follow(db1, 1);
        db1.sql("select pg_create_physical_replication_slot('theirs', true)");
        declare(Map.of("spare", new Permanent(SlotSettings.Type.PHYSICAL, null, null)));
        eventually(() -> keep(db1).slots().containsKey("spare"));
        eventually(() -> !keep(db2).equals(Upkeep.NONE) && slots(db2).contains("spare"));

        db1.sql("create table t as select generate_series(1, 20000) as id");
        eventually(() -> db2.standby().replayed().equals(db1.primary().flushed()));
        String to = db1.sql("select pg_current_wal_flush_lsn()::text");
        db1.sql("select pg_replication_slot_advance('spare', '" + to + "')");
        eventually(() -> restart(db2, "spare").equals(restart(db1, "spare")));

        // Through a failover, and without a word to the slot that nobody declared.
        done(db2.adapter.sever(SyncSet.NOBODY));
        db2.promote(2, SyncSet.EMPTY);
        done(db2.adapter.keepSlots(Set.of()));
        assertTrue(slots(db2).contains("spare"), slots(db2).toString());
        done(db1.adapter.keepSlots(Set.of()));
        assertEquals(Set.of("spare", "theirs"), slots(db1));

        declare(Map.of());
        eventually(() -> !keep(db1).equals(Upkeep.NONE) && slots(db1).equals(Set.of("theirs")));
        eventually(() -> !keep(db2).equals(Upkeep.NONE) && slots(db2).isEmpty());
    }

    @Test
    void aPermanentLogicalSlotIsMadeOnTheNewPrimaryWhichSaysSo() {
        Member db1 = member("db1").bootstrap();
        Member db2 = member("db2").follow(db1, 1);
        declare(Map.of("audit", new Permanent(SlotSettings.Type.LOGICAL, "postgres", "test_decoding")));
        eventually(() -> keep(db1).pendingRestart().contains("wal_level"));
        restartPrimary(db1);
        eventually(() -> !keep(db1).equals(Upkeep.NONE) && slots(db1).contains("audit"));
        assertTrue(events.stream().anyMatch(e -> e.startsWith("logical slot audit was made on db1")),
                events.toString());
        done(db2.adapter.stopClean());
        done(db2.adapter.startStandby());
        db2.connect(db1, 1);
        keep(db2);
        if (Integer.parseInt(db1.sql("select current_setting('server_version_num')")) >= 170_000) {
            isCarried(db1, db2);
            return;
        }
        assertFalse(slots(db2).contains("audit"));
        done(db2.adapter.sever(SyncSet.NOBODY));
        db2.promote(2, SyncSet.EMPTY);
        eventually(() -> !keep(db2).equals(Upkeep.NONE) && slots(db2).contains("audit"));
        assertTrue(events.stream().anyMatch(e -> e.startsWith("logical slot audit was made on db2")),
                events.toString());
    }

    /** PostgreSQL carries it over, with what is written before the failover; it stays declared, and goes when it is not. */
    private void isCarried(Member db1, Member db2) {
        String carried = "select count(*)::text from pg_replication_slots where slot_name = 'audit' and synced and not temporary";
        db1.sql("create table seen (id int)");
        eventually(() -> {
            // A slot is carried once its consumer has come as far as the standby.
            db1.sql("select count(*) from pg_logical_slot_get_changes('audit', null, null)");
            return !keep(db2).equals(Upkeep.NONE) && db2.sql(carried).equals("1");
        });
        db1.sql("insert into seen values (7)");
        eventually(() -> db2.standby().replayed().equals(db1.primary().flushed()));
        done(db2.adapter.sever(SyncSet.NOBODY));
        db2.promote(2, SyncSet.EMPTY);
        assertFalse(keep(db2).equals(Upkeep.NONE));
        assertEquals("1", db2.sql("select count(*)::text from pg_logical_slot_peek_changes('audit', null, null)"
                + " where data like '%seen%id[integer]:7%'"));
        assertTrue(events.stream().noneMatch(e -> e.startsWith("logical slot audit was made on db2")),
                events.toString());
        declare(Map.of());
        eventually(() -> !keep(db2).equals(Upkeep.NONE) && slots(db2).isEmpty());
    }

    // ---- what the tests say

    private Member member(String name) {
        settings.put(name, ClusterSettings.DEFAULTS);
        Member member = rig.member(name, o -> new PostgresOptions(o.self(), o.data(), o.bin(), o.listen(), o.socket(),
                o.state(), o.hba(), o.superuser(), o.replication(), o.tls(), o.addresses(), o.initdb(), o.sql(),
                o.from(),
                () -> settings.getOrDefault(name, ClusterSettings.DEFAULTS), () -> List.copyOf(standbys), o.archive(),
                o.runAs()));
        member.adapter = adapter(member, member.options);
        return member;
    }

    private PostgresAdapter adapter(Member member, PostgresOptions options) {
        return new PostgresAdapter(rig.vertx, options, member.wakes::incrementAndGet, Progress.NONE,
                (type, text, details) -> events.add(text));
    }

    static PostgresOptions archiving(PostgresOptions o, String command) {
        return new PostgresOptions(o.self(), o.data(), o.bin(), o.listen(), o.socket(), o.state(), o.hba(),
                o.superuser(), o.replication(), o.tls(), o.addresses(), o.initdb(), o.sql(), o.from(), o.settings(),
                o.standbys(),
                new PostgresOptions.Archive(command), o.runAs());
    }

    private void set(String member, Map<String, String> parameters) {
        settings.computeIfPresent(member, (name, old) -> old.withParameters(parameters));
    }

    private void declare(Map<String, Permanent> slots) {
        settings.replaceAll((name, old) -> old.withSlots(new SlotSettings(Duration.ofHours(1), slots)));
    }

    /** What the first member's PostgreSQL tells goes to the others, as the agents pass it on. */
    private Upkeep keep(Member member) {
        Upkeep now = member.adapter.keep(member.adapter.read(), primary);
        if (!now.slots().isEmpty()) {
            primary = now;
        }
        return now;
    }

    private static void restartPrimary(Member member) {
        done(member.adapter.stopClean());
        done(member.adapter.startPrimary());
        member.primary();
    }

    private static String show(Member member, String parameter) {
        return member.sql("select current_setting('" + parameter + "')");
    }

    private String restart(Member member, String slot) {
        keep(member);
        return member.sql("select restart_lsn::text from pg_replication_slots where slot_name = '" + slot + "'");
    }

    private static Set<String> slots(Member member) {
        String names = member.sql("select coalesce(string_agg(slot_name, ','), '') from pg_replication_slots"
                + " where slot_name not like 'hf\\_%'");
        return names.isEmpty() ? Set.of() : Set.of(names.split(",", -1));
    }
}
