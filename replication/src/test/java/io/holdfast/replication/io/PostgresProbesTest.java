package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.metrics.Readings;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.statesync.SyncSet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the probes read of real PostgreSQLs, and that what hangs there hangs nothing here. */
class PostgresProbesTest {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int SIGSTOP = 19;
    private static final int SIGCONT = 18;
    private PostgresRig rig;
    private Member db1;

    @BeforeEach
    void setUp() throws Exception {
        rig = new PostgresRig(bin());
        db1 = rig.member("db1").bootstrap();
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
    void readsEveryViewOfAPrimary() throws Exception {
        db1.sql("create table filled as select generate_series(1, 20000) n; create index on filled (n); analyze filled");
        try (ProbedPostgres probed = new ProbedPostgres(rig, db1, 2, INTERVAL)) {
            Map<String, Double> replication = probed.run("replication");
            assertEquals(1, replication.getOrDefault("pg_up", Double.NaN));
            assertEquals(0, replication.getOrDefault("pg_in_recovery", Double.NaN));
            assertTrue(replication.getOrDefault("pg_wal_position_bytes", Double.NaN) > 1 << 20, replication.toString());
            assertTrue(replication.getOrDefault("pg_stat_wal_bytes_total", Double.NaN) > 1_000_000,
                    replication.toString());

            Map<String, Double> before = probed.run("activity");
            assertTrue(before.getOrDefault("pg_settings_max_connections", Double.NaN) >= 100, before.toString());
            assertTrue(before.getOrDefault("pg_stat_activity_connections[active]", Double.NaN) >= 1, before.toString());
            assertEquals(2, before.keySet().stream().filter(k -> k.startsWith("pg_stat_database_deadlocks")).count());
            assertTrue(before.getOrDefault("pg_stat_checkpointer_requested_total", Double.NaN) >= 1, before.toString());
            for (int i = 0; i < 20; i++) {
                db1.sql("select 1");
            }
            eventually(() -> commits(
                    probed) >= before.getOrDefault("pg_stat_database_xact_commit_total[postgres]", Double.NaN) + 20);

            assertEquals(Map.of("pg_stat_statements_available", 0.0), probed.run("statements"));
            assertEquals(Map.of(), probed.run("archive"));
            Map<String, Double> sizes = probed.run("sizes");
            assertEquals(Double.valueOf(db1.sql("select pg_table_size('filled')")),
                    sizes.getOrDefault("pg_table_size_bytes[postgres, filled, public]", Double.NaN));
            assertEquals(Double.valueOf(db1.sql("select pg_relation_size('filled_n_idx')")),
                    sizes.getOrDefault("pg_index_size_bytes[postgres, filled_n_idx, filled, public]", Double.NaN));
            assertEquals(2, sizes.keySet().stream().filter(key -> key.startsWith("pg_table_size_bytes")).count());
            assertEquals(0, sizes.getOrDefault("pg_database_sizes_unread", Double.NaN));
            // All on one connection, but for what sizes needs.
            assertEquals("2",
                    db1.sql("select count(*) from pg_stat_activity where application_name = 'holdfast_probes'"));
        }
    }

    private static double commits(ProbedPostgres probed) {
        try {
            return probed.run("activity").getOrDefault("pg_stat_database_xact_commit_total[postgres]", 0.0);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void readsTheStandbysOnThePrimaryAndTheReceiverOnAStandby() throws Exception {
        Member db2 = rig.member("db2").follow(db1, 1);
        done(db1.adapter.setSync(SyncSet.of(1, List.of(db2.id()))));
        try (ProbedPostgres primary = new ProbedPostgres(rig, db1, 5, INTERVAL);
                ProbedPostgres standby = new ProbedPostgres(rig, db2, 5, INTERVAL)) {
            Map<String, Double> seen = new TreeMap<>();
            eventually(() -> {
                seen.clear();
                seen.putAll(quietly(primary));
                return Double.valueOf(1).equals(seen.getOrDefault("pg_stat_replication_sync[db2]", Double.NaN))
                        && Double.valueOf(0)
                                .equals(seen.getOrDefault("pg_stat_replication_lag_bytes[replay, db2]", Double.NaN));
            });
            assertEquals(1, seen.getOrDefault("pg_stat_replication_streaming[db2]", Double.NaN));
            assertTrue(seen.getOrDefault("pg_stat_replication_reply_age_seconds[db2]", Double.NaN) < 5,
                    seen.toString());
            assertEquals(1, seen.entrySet()
                    .stream()
                    .filter(e -> e.getKey().startsWith("pg_replication_slot_active") && e.getValue() == 1)
                    .count());
            Map<String, Double> received = standby.run("replication");
            assertEquals(1, received.getOrDefault("pg_in_recovery", Double.NaN));
            assertEquals(1, received.getOrDefault("pg_stat_wal_receiver_streaming", Double.NaN));
            assertEquals(0, received.getOrDefault("pg_replication_unreplayed_bytes", Double.NaN));
            assertEquals(0, received.getOrDefault("pg_replication_lag_seconds", Double.NaN));
            assertFalse(standby.run("activity").isEmpty());
            assertEquals(Map.of(), standby.run("sizes"));
        }
    }

    private static Map<String, Double> quietly(ProbedPostgres probed) {
        try {
            return probed.run("replication");
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aLockedTableCostsItsDatabaseAndNothingElse() throws Exception {
        db1.sql("create table locked as select generate_series(1, 20000) n; analyze locked");
        db1.sql("create database other");
        CompletableFuture<String> lock = CompletableFuture
                .supplyAsync(() -> db1.sql("begin; lock table locked; select pg_sleep(4); commit"));
        try (ProbedPostgres probed = new ProbedPostgres(rig, db1, 5, INTERVAL)) {
            eventually(() -> db1.sql("select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted"
                    + " and relation = 'locked'::regclass").equals("1"));
            Map<String, Double> sizes = probed.run("sizes");
            assertEquals(1, sizes.getOrDefault("pg_database_sizes_unread", Double.NaN));
            assertTrue(sizes.containsKey("pg_database_size_bytes[postgres]"), sizes.toString());
            assertTrue(sizes.keySet().stream().anyMatch(key -> key.startsWith("pg_table_size_bytes[other")),
                    sizes.toString());
            assertTrue(probed.run("activity").getOrDefault("pg_locks_held[AccessExclusiveLock]", Double.NaN) >= 1);
        } finally {
            lock.join();
        }
    }

    @Test
    void aPostgresThatIsNotThereIsToldAndNotAsked() throws Exception {
        try (ProbedPostgres probed = new ProbedPostgres(rig, db1, 5, INTERVAL)) {
            assertEquals(1, probed.run("replication").getOrDefault("pg_up", Double.NaN));
            done(db1.adapter.stopClean());
            assertEquals(Map.of("pg_up", 0.0), probed.run("replication"));
            assertEquals(Map.of(), probed.run("activity"));
            done(db1.adapter.startPrimary());
            assertEquals(1, probed.run("replication").getOrDefault("pg_up", Double.NaN));
        }
    }

    @Test
    void oneThatDoesNotAnswerCostsTheConnectionAndLaterRunsGoOn() throws Exception {
        try (ProbedPostgres probed = new ProbedPostgres(rig, db1, 5, INTERVAL)) {
            probed.run("replication");
            long pid = Long.parseLong(
                    db1.sql("select pid from pg_stat_activity where application_name = 'holdfast_probes'"));
            Libc.signal(pid, SIGSTOP);
            try {
                IOException silent = assertThrows(IOException.class, () -> probed.run("replication"));
                assertTrue(String.valueOf(silent.getMessage()).contains("did not answer within"), silent.toString());
                assertEquals(1, probed.run("replication").getOrDefault("pg_up", Double.NaN));
                assertNotEquals(Long.toString(pid), db1.sql("select max(pid) from pg_stat_activity where"
                        + " application_name = 'holdfast_probes' and pid <> " + pid));
            } finally {
                Libc.signal(pid, SIGCONT);
            }
            eventually(() -> db1.sql("select count(*) from pg_stat_activity where application_name = 'holdfast_probes'")
                    .equals("1"));
        }
    }

    @Test
    void theCanaryIsSeenOnEachStandbyAndLeavesOneRow() throws Exception {
        Member db2 = rig.member("db2").follow(db1, 1);
        done(db1.adapter.setSync(SyncSet.of(1, List.of(db2.id()))));
        try (ProbedPostgres probed = new ProbedPostgres(rig, db1, 5, INTERVAL)) {
            eventually(() -> commitsByCanary(probed) == 3);
            assertEquals(3, probed.registered("holdfast_canary_replication_seconds_count[db2]"));
            assertTrue(probed.registered("holdfast_canary_commit_seconds_sum") > 0);
            assertEquals("db1/1", db1.sql("select string_agg(member || '/' || 1, ',') from holdfast.canary"));
            probed.mayWrite = false;
            probed.run("canary");
            assertEquals(3, probed.registered("holdfast_canary_commit_seconds_count"));
            eventually(() -> db1.sql("select count(*) from pg_stat_activity where application_name = 'holdfast_canary'")
                    .equals("0"));
            probed.mayWrite = true;

            // A standby that does not replay: its commit is confirmed, and nobody sees it there.
            db2.sql("select pg_wal_replay_pause()");
            double failures = probed.registered("holdfast_canary_failures_total[db2]");
            probed.run("canary");
            assertEquals(4, probed.registered("holdfast_canary_commit_seconds_count"));
            assertEquals(failures + 1, probed.registered("holdfast_canary_failures_total[db2]"));
            assertEquals(3, probed.registered("holdfast_canary_replication_seconds_count[db2]"));
            db2.sql("select pg_wal_replay_resume()");
        }
    }

    /** The first may fail where the standby has not replayed that there is a table. */
    private static double commitsByCanary(ProbedPostgres probed) {
        try {
            probed.run("canary");
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return probed.registered("holdfast_canary_commit_seconds_count");
    }

    @Test
    void aCommitThatNobodyConfirmsIsCancelledAndLeavesNoSession() throws Exception {
        Member db2 = rig.member("db2").follow(db1, 1);
        done(db1.adapter.setSync(SyncSet.of(1, List.of(db2.id()))));
        try (ProbedPostgres probed = new ProbedPostgres(rig, db1, 5, INTERVAL)) {
            probed.run("canary");
            long receiver = Long.parseLong(
                    db2.sql("select pid from pg_stat_activity where backend_type = 'walreceiver'"));
            Libc.signal(receiver, SIGSTOP);
            try {
                // What the turns saw last is that it streams.
                assertThrows(IOException.class, () -> probed.probe("canary").run(new Readings()));
                assertEquals("0", db1.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep'"));
                assertEquals(1, probed.registered("holdfast_canary_failures_total[commit]"));
                assertTrue(Integer.parseInt(db1
                        .sql("select count(*) from pg_stat_activity where application_name = 'holdfast_canary'")) <= 1);
                // The turns see soon that it is not heard any more.
                eventually(() -> withheld(probed) >= 1);
            } finally {
                Libc.signal(receiver, SIGCONT);
            }
            double before = probed.registered("holdfast_canary_commit_seconds_count");
            eventually(() -> commitsOrNot(probed) > before);
        }
    }

    private static double withheld(ProbedPostgres probed) {
        commitsOrNot(probed);
        return probed.registered("holdfast_canary_withheld_total");
    }

    private static double commitsOrNot(ProbedPostgres probed) {
        try {
            probed.run("canary");
        } catch (IOException e) {
            // Not confirmed yet.
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return probed.registered("holdfast_canary_commit_seconds_count");
    }
}
