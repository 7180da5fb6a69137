package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.RestoreDecision;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.config.HoldfastException;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Two backups of a real database and the WAL of all that was committed since the first one, and what is restored of them. */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RestoreRunTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SUM = "SELECT count(*), coalesce(max(id), 0), md5(string_agg(id || v, ',' ORDER BY id)), "
            + "(SELECT count(*) || md5(string_agg(id || v, ',' ORDER BY id)) FROM cold) FROM orders";

    private final RestoreRig rig;
    private final MemoryRepository repository = new MemoryRepository();
    private final List<Step> steps = new ArrayList<>();
    private final Layout layout;
    private final String oid;
    private Manifest first;
    private Manifest second;

    /** What was committed, and how each kind of target names the moment after it. */
    private record Step(String state, String xid, String time, String lsn, String name) {}

    RestoreRunTest() throws IOException {
        rig = new RestoreRig();
        layout = rig.layout();
        rig.script("CREATE TABLESPACE cold LOCATION '%s';\n".formatted(rig.space)
                + "CREATE TABLE orders (id int PRIMARY KEY, v text);\n"
                + "CREATE TABLE cold (id int PRIMARY KEY, v text) TABLESPACE cold;\n"
                + "CREATE TABLE empty (id int);\n");
        oid = rig.ask(rig.data, "SELECT oid FROM pg_tablespace WHERE spcname = 'cold'").getFirst();
    }

    @BeforeAll
    void takesBackupsUnderWrites() throws IOException {
        commit(5);
        first = rig.backup(repository, oid);
        commit(15);
        second = rig.backup(repository, oid);
        commit(10);
        rig.ask(rig.data, "SELECT pg_switch_wal()");
        commit(5);
        rig.ask(rig.data, "SELECT pg_switch_wal()");
        commit(5);
        rig.storeWal(repository);
    }

    @AfterAll
    void stopsAll() throws IOException {
        rig.close();
    }

    private void commit(int count) throws IOException {
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < count; i++) {
            int id = steps.size() + i + 1;
            sql.append("BEGIN; INSERT INTO orders VALUES (%d, repeat(md5('%d'), 20));".formatted(id, id))
                    .append("INSERT INTO cold VALUES (%d, 'c');".formatted(id))
                    .append("SELECT pg_current_xact_id(); COMMIT;\n")
                    .append(SUM + ";\n")
                    .append("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || 'Z';\n")
                    .append("SELECT pg_current_wal_insert_lsn();\n")
                    .append("SELECT pg_create_restore_point('step %d') IS NOT NULL;\n".formatted(id));
        }
        List<String> lines = rig.script(sql.toString());
        assertEquals(5 * count, lines.size());
        for (int i = 0; i < lines.size(); i += 5) {
            steps.add(new Step(lines.get(i + 1), lines.get(i), lines.get(i + 2), lines.get(i + 3),
                    "step " + (steps.size() + 1)));
        }
    }

    private Catalog catalog() throws IOException {
        return new CatalogReader(repository, layout, Set.of(rig.signing.signer()), rig.identity).read();
    }

    private RestoreDecision decide(String target) throws IOException {
        return decide(target, null);
    }

    private RestoreDecision decide(String target, @Nullable TimelineId timeline) throws IOException {
        Path scratch = Files.createTempDirectory(rig.base, "scan");
        RestoreDecision decision = new WalScan(repository, rig.identity, catalog(),
                RestoreRig.BIN.resolve("pg_waldump"), scratch)
                .decide(new RestoreRequest(RecoveryTarget.read(target), null, timeline));
        Files.delete(scratch);
        return decision;
    }

    private RestorePlan plan(String target) throws IOException {
        return assertInstanceOf(RestoreDecision.Ready.class, decide(target), target).plan();
    }

    private RestoreOptions options(Path directory, boolean over) {
        return new RestoreOptions(directory, over, Map.of("cold", rig.base.resolve("restored-space")),
                "cp " + rig.archive + "/%f %p", RestoreOptions.AtTarget.PROMOTE, 2);
    }

    private String started(Path directory) throws IOException {
        RestoreRig.own(directory);
        RestoreRig.own(rig.base.resolve("restored-space"));
        rig.start(directory);
        Eventually.within(PATIENCE, "the restored server is a primary", () -> {
            try {
                return rig.ask(directory, "SELECT pg_is_in_recovery()").equals(List.of("f"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        String state = rig.ask(directory, SUM).getFirst();
        rig.stop(directory);
        return state;
    }

    @Test
    @Order(1)
    void findsBothBackupsAndTheirWindowInTheRepositoryAlone() throws IOException {
        Catalog catalog = catalog();
        assertEquals(List.of(first.id(), second.id()), catalog.backups().stream().map(BackupEntry::id).toList());
        assertEquals(2, catalog.windows().size());
        for (Catalog.Window window : catalog.windows()) {
            assertTrue(window.isRestorable());
            assertNull(window.reach().behind());
        }
    }

    @Test
    @Order(2)
    void restoresTheLatestStateThatPostgresqlItselfFindsWhole() throws IOException {
        Path directory = rig.base.resolve("restored");
        new RestoreRun(repository, rig.identity, plan("latest"), options(directory, false)).run();
        RestoreRig.own(directory);
        RestoreRig.own(rig.base.resolve("restored-space"));
        rig.command("pg_verifybackup", "-n", "-i", "tablespace_map", directory.toString());
        assertEquals(steps.getLast().state(), started(directory));
    }

    @Test
    @Order(3)
    void refusesADirectoryThatIsNotEmptyAndOneOfARunningServer() throws IOException {
        RestorePlan plan = plan("latest");
        assertEquals("HF-2089", problem(() -> new RestoreRun(repository, rig.identity, plan,
                options(rig.base.resolve("restored"), false)).run()));
        assertTrue(Files.exists(rig.base.resolve("restored/global/pg_control")));
        assertEquals("HF-2089", problem(() -> new RestoreRun(repository, rig.identity, plan,
                options(rig.data, true)).run()));
        assertEquals("HF-2089", problem(() -> new RestoreRun(repository, rig.identity, plan,
                new RestoreOptions(rig.base.resolve("other"), false, Map.of("warm", rig.base), "x",
                        RestoreOptions.AtTarget.PAUSE, 1))
                .run()));
        assertEquals(List.of("1"), rig.ask(rig.data, "SELECT 1"));
        assertFalse(Files.exists(rig.base.resolve("other")));
    }

    /** Over the copy of the one before: so each is a delta restore as well. */
    @Test
    @Order(4)
    void reachesAnyPointExactly() throws IOException {
        reach(4);
    }

    @Tag("long")
    @Test
    @Order(4)
    void reachesAnyPointExactlyOftener() throws IOException {
        reach(50);
    }

    private void reach(int times) throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Path directory = rig.base.resolve("restored");
        int kept = 0;
        for (int i = 0; i < times; i++) {
            // The last step has nothing behind it that PostgreSQL could stop at.
            Step step = steps.get(5 + random.nextInt(steps.size() - 6));
            String target = switch (i % 4) {
                case 0 -> "lsn=" + step.lsn();
                case 1 -> "time=" + step.time();
                case 2 -> "xid=" + step.xid();
                default -> "name=" + step.name();
            };
            RestoreRun.Restored restored = new RestoreRun(repository, rig.identity, plan(target),
                    options(directory, true)).run();
            kept += restored.kept();
            assertEquals(step.state(), started(directory), target + " of seed " + seed);
        }
        assertTrue(kept > 500 * times, kept + " files were the same already");
    }

    @Test
    @Order(5)
    void refusesWhatCannotBeReachedBeforeAnythingIsTouched() throws IOException {
        Step last = steps.getLast();
        assertEquals("HF-2086", refused("lsn=7F/0"));
        assertEquals("HF-2086", refused("time=" + Instant.now().plusSeconds(3600)));
        assertEquals("HF-2086", refused("time=" + last.time()));
        assertEquals("HF-2083", refused("lsn=0/10"));
        assertEquals("HF-2083", refused("time=2020-01-01 00:00:00Z"));
        assertEquals("HF-2083", refused("lsn=" + steps.getFirst().lsn()));
        assertEquals("HF-2087", refused("xid=" + (Long.parseLong(last.xid()) + 1000)));
        assertEquals("HF-2087", refused("xid=" + steps.getFirst().xid()));
        assertEquals("HF-2087", refused("name=step 1"));
        assertEquals("HF-2087", refused("name=nobody marked this"));
        assertEquals("HF-2084", refused("lsn=" + last.lsn(), new TimelineId(9)));
    }

    private String refused(String target) throws IOException {
        return refused(target, null);
    }

    private String refused(String target, @Nullable TimelineId timeline) throws IOException {
        return assertInstanceOf(RestoreDecision.Refused.class, decide(target, timeline), target).problem().code();
    }

    @Test
    @Order(6)
    void saysThatTheIdentityIsTheWrongOneAndTouchesNothing() throws IOException {
        RestorePlan plan = plan("latest");
        Path directory = rig.base.resolve("wrong");
        try (Identity other = Identity.generate()) {
            RestoreOptions options = new RestoreOptions(directory, false,
                    Map.of("cold", rig.base.resolve("wrong-space")), "x", RestoreOptions.AtTarget.PAUSE, 1);
            assertEquals("HF-2010", problem(() -> new RestoreRun(repository, other, plan, options).run()));
            assertFalse(Files.exists(directory));
            Verify.Verdict verdict = new Verify(repository, layout, other).run(catalog());
            assertEquals(Set.of("HF-2010"), codes(verdict));
        }
    }

    @Test
    @Order(7)
    void verifiesAGoodRepositoryAndNamesEachFlippedBit() throws IOException {
        assertEquals(List.of(), new Verify(repository, layout, rig.identity).run(catalog()).findings());
        WalFile.Segment segment = catalog().wal().segments().firstKey();
        for (RepositoryPath path : List.of(layout.manifest(first.id()), first.path(first.objects().getFirst()),
                first.path(first.objects().getLast()), layout.wal(segment, Form.SEALED))) {
            byte[] good = bytes(path);
            byte[] bad = good.clone();
            bad[bad.length / 2] ^= 4;
            replace(path, bad);
            Verify.Verdict verdict = new Verify(repository, layout, rig.identity).run(catalog());
            assertEquals(List.of(path), verdict.findings().stream().map(Verify.Finding::path).toList(),
                    verdict.toString());
            assertTrue(verdict.findings().getFirst().problem().fact().contains(path.value()), verdict.toString());
            // The node's own identity opens WAL, and other objects are compared from outside.
            assertEquals(verdict.findings().stream().map(Verify.Finding::path).toList(),
                    new Verify(repository, layout, null, rig.identity).run(catalog())
                            .findings()
                            .stream()
                            .map(Verify.Finding::path)
                            .toList());
            replace(path, good);
        }
    }

    @Test
    @Order(8)
    void namesAMissingShardAndAMissingSegmentAndOffersWhatCanBeReached() throws IOException {
        RepositoryPath shard = second.path(second.objects().getFirst());
        byte[] good = bytes(shard);
        repository.delete(shard);
        Verify.Verdict verdict = new Verify(repository, layout, rig.identity).run(catalog());
        assertEquals(Set.of("HF-2100"), codes(verdict));
        assertTrue(verdict.findings().getFirst().problem().fact().contains(shard.value()), verdict.toString());
        replace(shard, good);

        WalFile.Segment gap = WalFile.Segment.at(second.wal().stopTimeline(), second.wal().stop(),
                second.server().walSegmentSize()).next(second.server().walSegmentSize());
        RepositoryPath missing = layout.wal(gap, Form.SEALED);
        good = bytes(missing);
        repository.delete(missing);
        verdict = new Verify(repository, layout, rig.identity).run(catalog());
        RestoreDecision.Refused refused = assertInstanceOf(RestoreDecision.Refused.class, decide("latest"));
        assertEquals(Set.of("HF-2104"), codes(verdict));
        assertTrue(verdict.findings().getFirst().problem().fact().contains(gap.fileName()), verdict.toString());
        assertEquals("HF-2085", refused.problem().code());
        assertTrue(refused.problem().hint().contains("lsn="), refused.problem().hint());
        replace(missing, good);
    }

    private static Set<String> codes(Verify.Verdict verdict) {
        return Set.copyOf(verdict.findings().stream().map(finding -> finding.problem().code()).toList());
    }

    private byte[] bytes(RepositoryPath path) throws IOException {
        try (InputStream in = assertInstanceOf(GetResult.Found.class, repository.get(path)).stream()) {
            return in.readAllBytes();
        }
    }

    private void replace(RepositoryPath path, byte[] bytes) throws IOException {
        repository.delete(path);
        repository.put(path, Content.of(bytes));
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private static String problem(Attempt attempt) {
        return assertThrows(HoldfastException.class, attempt::run).problem().code();
    }
}
