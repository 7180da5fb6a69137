package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A cluster whose backups are disturbed: nothing is lost, nothing is a success that is none, and the next one succeeds. */
@Tag("long")
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackupFaultsLongIT {
    private static final Steps STEPS = new Steps("BackupFaultsLongIT");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long DISK_BYTES = 600L << 20;
    private static final String ROWS = "SELECT count(*) || ' ' || coalesce(sum(id), 0) FROM orders";
    private static final int KILLS = 12;
    private static final long READ_BYTES = 4L << 20;
    private static Lab lab;
    private static int sides;

    @BeforeAll
    static void start() {
        Assumptions.assumeTrue(Commands.ROOT, "the repository has no disk of its own (needs root)");
        lab = Lab.prepare(LabSpec.members(3).withBackups(), "BackupFaultsLongIT");
        String owner = Commands.must("stat", "-c", "%U:%G", repository().toString()).strip();
        Commands.must("mount", "-t", "tmpfs", "-o", "mode=700,size=" + DISK_BYTES, "tmpfs", repository().toString());
        Commands.must("chown", owner, repository().toString());
        lab.members().forEach(LabMember::startAgent);
        lab.awaitHealthy(Scenario.BOOTSTRAP);
        sql("CREATE TABLE orders (id bigserial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(), v text)");
        sql("INSERT INTO orders (v) SELECT sha512(g::text::bytea)::text FROM generate_series(1, 100000) g");
        STEPS.step("it is well");
    }

    @AfterAll
    static void unmount() {
        if (lab != null) {
            Commands.must("umount", "-l", repository().toString());
        }
    }

    private static Path repository() {
        return lab.backups().repository();
    }

    private static String sql(String sql) {
        return Eventually.get(PATIENCE, "the primary answers",
                () -> lab.primary()
                        .target()
                        .query(sql)
                        .stream()
                        .map(List::getFirst)
                        .findFirst()
                        .or(() -> Optional.of("")));
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private static List<JsonNode> backups(String state) {
        Commands.Result list = lab.primary().cli("backup", "list", "--json");
        assertEquals(0, list.exit(), list.text());
        List<JsonNode> found = new ArrayList<>();
        json(list.out()).path("backups").forEach(found::add);
        return found.stream().filter(one -> one.path("state").asText().equals(state)).toList();
    }

    private static CompletableFuture<Commands.Result> ask(LabMember member, String... verb) {
        CompletableFuture<Commands.Result> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(member.cli(verb));
            } catch (RuntimeException | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static Commands.Result ended(CompletableFuture<Commands.Result> asked) throws Exception {
        return asked.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static Commands.Result verify() {
        return lab.primary().cli("backup", "verify", "--identity", lab.backups().identity().toString());
    }

    private static void awaitWhole() {
        sql("SELECT pg_switch_wal()");
        Eventually.within(PATIENCE, "the repository is whole", () -> verify().exit() == 0);
    }

    private static Commands.Result succeeds(String... verb) {
        Commands.Result result = lab.primary().cli(verb);
        assertEquals(0, result.exit(), result.text());
        return result;
    }

    /** Until a part of the backup is read that was asked for. */
    private static void awaitUnderWay(LabMember asked) {
        Eventually.within(PATIENCE, "a backup is under way", () -> {
            for (JsonNode one : json(asked.cli("operation", "list", "--json").out()).path("operations")) {
                if (one.path("kind").asText().equals("backup") && one.path("state").asText().equals("running")
                        && one.path("progress").path("done").asLong() > READ_BYTES) {
                    return true;
                }
            }
            return false;
        });
    }

    @Test
    @Order(1)
    void ofTwoThatAskAtOnceOneIsToldThatTheOtherRuns() throws Exception {
        int refused = 0;
        for (int round = 0; round < 5; round++) {
            int before = backups("complete").size();
            List<CompletableFuture<Commands.Result>> asked = List.of(
                    ask(lab.members().get(0), "backup", "create", "--full", "--rate", "12MiB", "--json"),
                    ask(lab.members().get(1), "backup", "create", "--full", "--rate", "12MiB", "--json"));
            int succeeded = 0;
            for (CompletableFuture<Commands.Result> one : asked) {
                Commands.Result result = ended(one);
                if (result.exit() == 0) {
                    succeeded++;
                } else {
                    refused++;
                    assertTrue(result.text().contains("HF-5111"), result.text());
                }
            }
            assertEquals(1, succeeded, "exactly one runs");
            assertEquals(before + 1, backups("complete").size());
            assertEquals(List.of(), backups("unfinished"));
        }
        awaitWhole();
        STEPS.step("of five pairs " + refused + " were refused");
    }

    @Test
    @Order(2)
    void aCorruptPageIsReportedWithFileAndBlock() throws Exception {
        sql("CREATE TABLE spoilt AS SELECT g AS id, repeat('y', 500) AS v FROM generate_series(1, 500) g");
        sql("CHECKPOINT");
        String path = sql("SELECT pg_relation_filepath('spoilt')");
        LabMember standby = lab.standby();
        awaitReplay(standby);
        standby.target().query("CHECKPOINT");
        flip(standby.data().resolve(path));
        Commands.Result bad = lab.primary().cli("backup", "create", "--full", "--member", standby.name());
        assertEquals(1, bad.exit(), bad.text());
        for (String said : List.of("HF-5109", path + " block 3")) {
            assertTrue(bad.text().contains(said), said + " is not in " + bad.text());
        }
        Commands.Result verify = lab.primary().cli("backup", "verify");
        assertEquals(1, verify.exit(), verify.text());
        for (String said : List.of("HF-2108", path + " block 3")) {
            assertTrue(verify.text().contains(said), said + " is not in " + verify.text());
        }
        // Another member has the page whole: the next one stores it.
        LabMember other = lab.databases().stream().filter(m -> m != standby).findFirst().orElseThrow();
        succeeds("backup", "create", "--member", other.name());
        assertEquals("500", restored("latest", "SELECT count(*) FROM spoilt WHERE v = repeat('y', 500)"));
        flip(standby.data().resolve(path));
        sql("DROP TABLE spoilt");
        removeCorrupt();
        succeeds("backup", "create", "--full");
        awaitWhole();
        STEPS.step("a corrupt page is told");
    }

    private static void awaitReplay(LabMember standby) {
        String end = sql("SELECT pg_current_wal_flush_lsn()");
        Eventually.within(PATIENCE, standby + " has replayed " + end, () -> standby.target()
                .ask("SELECT pg_last_wal_replay_lsn() >= '" + end + "'")
                .filter(said -> said.equals("t"))
                .isPresent());
    }

    private static void flip(Path table) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
            file.seek(3 * 8192 + 5000);
            int old = file.read();
            file.seek(3 * 8192 + 5000);
            file.write(old ^ 0x40);
        }
    }

    /** By its name, as the documentation says of what is damaged; and what follows it. */
    private static void removeCorrupt() throws IOException {
        String corrupt = backups("corrupt").getLast().path("id").asText();
        for (JsonNode one : backups("complete")) {
            if (one.path("parent").asText().equals(corrupt)) {
                remove(one.path("id").asText());
            }
        }
        remove(corrupt);
    }

    private static void remove(String backup) throws IOException {
        try (Stream<Path> files = Files.walk(repository())) {
            Path folder = files.filter(file -> file.endsWith(backup)).findFirst().orElseThrow();
            Commands.must("rm", "-r", folder.toString());
        }
    }

    /** Restores beside the cluster, and asks what is there. */
    private static String restored(String target, String question) throws IOException {
        Path side = lab.primary().directory().resolve("side" + sides++);
        Commands.Result done = Eventually.get(PATIENCE, target + " can be restored", () -> {
            Commands.Result result = restore(side, target);
            return result.exit() == 0 ? Optional.of(result) : Optional.empty();
        });
        assertEquals(0, done.exit());
        return single(side, question);
    }

    private static Commands.Result restore(Path side, String target, String... more) {
        return lab.primary()
                .cli(Stream.concat(Stream.of("restore", "--to", side.toString(), "--target", target,
                        "--identity", lab.backups().identity().toString()), Stream.of(more)).toArray(String[]::new));
    }

    private static String single(Path side, String question) {
        Commands.Result single = lab.primary()
                .run(Duration.ofMinutes(1), List.of("bash", "-c",
                        "echo \"" + question
                                + "\" | \"$(dirname \"$(ls /usr/lib/postgresql/*/bin/postgres | tail -1)\")\"/postgres"
                                + " --single -D " + side
                                + " -c archive_mode=off -c shared_preload_libraries= postgres"));
        assertEquals(0, single.exit(), single.text());
        java.util.regex.Matcher matcher = java.util.regex.Pattern.compile("\\d+: [^\"]* = \"([^\"]*)\"")
                .matcher(single.out());
        assertTrue(matcher.find(), single.text());
        Commands.must("rm", "-r", side.toString());
        return matcher.group(1);
    }

    /** What is in the table now, and a moment after it that a restore can be asked for. */
    private record Moment(String rows, Instant at) {
        static Moment now() {
            String rows = sql(ROWS);
            Instant at = Instant.parse(sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                    + "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
            sql("INSERT INTO orders (v) VALUES ('behind the moment')");
            return new Moment(rows, at);
        }
    }

    @Test
    @Order(3)
    void aFailoverDuringABackupOfAStandbyAndARestoreAcrossIt() throws Exception {
        for (int round = 0; round < 2; round++) {
            Moment before = Moment.now();
            int complete = backups("complete").size();
            LabMember old = lab.primary();
            LabMember standby = lab.standby();
            CompletableFuture<Commands.Result> backup = ask(standby, "backup", "create", "--full", "--member",
                    standby.name(), "--rate", "3MiB", "--json");
            awaitUnderWay(standby);
            // A restore is under way too.
            Path side = standby.directory().resolve("across" + round);
            CompletableFuture<Commands.Result> restoring = ask(standby, "restore", "--to", side.toString(), "--target",
                    "end", "--identity", lab.backups().identity().toString());
            try (Fault _ = old.faults().killHost()) {
                Eventually.within(Scenario.TAKEOVER, "another one is primary",
                        () -> lab.primaries().stream().anyMatch(m -> m != old));
                Commands.Result restored = ended(restoring);
                assertEquals(0, restored.exit(), restored.text());
                Commands.Result result = ended(backup);
                judge(result, complete);
                STEPS.step("a backup of " + (standby.target().isPrimary() ? "the standby that took over" : "a standby")
                        + " during a failover ended with " + result.exit());
            }
            lab.awaitHealthy(Scenario.REJOIN);
            Commands.must("rm", "-r", side.toString());
            Moment after = Moment.now();
            // The next one of that member goes on with what was broken off.
            succeeds("backup", "create", "--full", "--member", standby.name());
            assertEquals(List.of(), backups("unfinished"));
            awaitWhole();
            // From a backup of before, over the switch; and to a moment before it.
            assertEquals(after.rows(), restored("time=" + after.at(), ROWS));
            assertEquals(before.rows(), restored("time=" + before.at(), ROWS));
            STEPS.step("restored exactly before and behind the switch");
        }
    }

    /**
     * A success is a complete backup. Anything else is told with a code: that of the backup, which is none then, or that nobody
     * answers who could tell how it ends.
     */
    private static void judge(Commands.Result result, int completeBefore) {
        List<JsonNode> complete = backups("complete");
        if (result.exit() == 0) {
            assertEquals(completeBefore + 1, complete.size(), result.text());
        } else {
            assertTrue(complete.size() <= completeBefore + 1, result.text());
            assertTrue(result.text().contains("HF-"), result.text());
        }
    }

    @Test
    @Order(4)
    void thePrimarysHostIsLostDuringABackupOfIt() throws Exception {
        int complete = backups("complete").size();
        LabMember old = lab.primary();
        LabMember asked = lab.standby();
        CompletableFuture<Commands.Result> backup = ask(asked, "backup", "create", "--full", "--member", old.name(),
                "--rate", "3MiB", "--json");
        awaitUnderWay(asked);
        try (Fault _ = old.faults().killHost()) {
            Eventually.within(Scenario.TAKEOVER, "another one is primary",
                    () -> lab.primaries().stream().anyMatch(m -> m != old));
            long lost = System.nanoTime();
            Commands.Result result = ended(backup);
            STEPS.step("who asked was told " + (System.nanoTime() - lost) / 1_000_000 + " ms after the failover: "
                    + result.text().lines().reduce((_, last) -> last).orElse(""));
            assertNotEquals(0, result.exit(), result.text());
            judge(result, complete);
            // Without the host: the next one is another member's.
            succeeds("backup", "create", "--full");
        }
        lab.awaitHealthy(Scenario.REJOIN);
        // What the lost host had begun is gone on with, or begun anew.
        succeeds("backup", "create", "--full", "--member", old.name());
        assertEquals(List.of(), backups("unfinished"));
        awaitWhole();
        // Nor has it carried out again what was asked for in its earlier life.
        Commands.Result operations = lab.primary().cli("operation", "list", "--json");
        assertFalse(operations.text().contains("HF-2068"), operations.text());
    }

    @Test
    @Order(5)
    void aRestoreThatIsKilledIsDoneOver() throws Exception {
        Moment moment = Moment.now();
        sql("SELECT pg_switch_wal()");
        LabMember member = lab.primary();
        Path side = member.directory().resolve("killed");
        String[] words = {"restore", "--to", side.toString(), "--target", "time=" + moment.at(), "--identity",
                lab.backups().identity().toString()};
        Eventually.within(PATIENCE, "it can be restored", () -> restore(side, words[4], "--dry-run").exit() == 0);
        long begun = System.nanoTime();
        assertEquals(0, restore(side, words[4]).exit());
        long nanos = System.nanoTime() - begun;
        Random random = new Random();
        int startable = 0;
        for (int round = 0; round < KILLS; round++) {
            Process process = member.startCli("restore.log",
                    Stream.concat(Stream.of(words), Stream.of("--over")).toArray(String[]::new));
            boolean ended = process.waitFor(random.nextLong(nanos), TimeUnit.NANOSECONDS);
            process.destroyForcibly().waitFor();
            startable += Files.exists(side.resolve("global/pg_control")) ? 1 : 0;
            if (!ended) {
                Commands.Result again = restore(side, words[4], "--over");
                assertEquals(0, again.exit(), again.text());
            }
        }
        refusesWhatCannotBeReached(side);
        assertEquals(moment.rows(), single(side, ROWS));
        STEPS.step(KILLS + " restores killed within " + nanos / 1_000_000 + " ms; " + startable
                + " times there was a pg_control");
    }

    /** Over what was restored, which stays as it is to the byte. */
    private static void refusesWhatCannotBeReached(Path side) throws IOException {
        String before = digest(side);
        Path missing;
        String segment = sql("SELECT pg_walfile_name(pg_switch_wal())");
        sql("INSERT INTO orders (v) VALUES ('behind the segment')");
        String next = sql("SELECT pg_walfile_name(pg_switch_wal())");
        Eventually.within(PATIENCE, "both are archived",
                () -> archived(segment).isPresent() && archived(next).isPresent());
        missing = archived(segment).orElseThrow();
        Path aside = lab.directory().resolve("aside");
        List<List<String>> targets = List.of(List.of("HF-2083", "time=2020-01-01 00:00:00Z"),
                List.of("HF-2083", "lsn=0/10"), List.of("HF-2086", "time=" + Instant.now().plusSeconds(3600)),
                List.of("HF-2086", "lsn=7F/0"), List.of("HF-2087", "xid=2000000000"), List.of("HF-2087", "xid=3"),
                List.of("HF-2087", "name=nobody marked this"), List.of("HF-2080", "time=2026-01-01 00:00:00"),
                List.of("HF-2084", "latest", "--timeline", "99"),
                List.of("HF-2081", "latest", "--backup", "20200101T000000Z-full"), List.of("HF-2085", "latest"));
        for (List<String> one : targets) {
            if (one.getFirst().equals("HF-2085")) {
                Commands.must("mv", missing.toString(), aside.toString());
            }
            Commands.Result refused = restore(side, one.get(1), Stream.concat(one.stream().skip(2), Stream.of("--over"))
                    .toArray(String[]::new));
            assertNotEquals(0, refused.exit(), one + ": " + refused.text());
            assertTrue(refused.text().contains(one.getFirst()), one + ": " + refused.text());
            assertEquals(before, digest(side), one + " has touched something");
        }
        Commands.must("mv", aside.toString(), missing.toString());
        STEPS.step(targets.size() + " targets that cannot be reached were refused");
    }

    private static Optional<Path> archived(String segment) throws IOException {
        try (Stream<Path> files = Files.walk(repository())) {
            return files.filter(file -> String.valueOf(file.getFileName()).startsWith(segment + ".zst")).findFirst();
        }
    }

    private static String digest(Path tree) {
        return Commands.must("bash", "-c", "cd '" + tree
                + "' && { find . -printf '%p %s %m %T@ %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum");
    }

    @Test
    @Order(6)
    void aRepositoryThatCannotBeWrittenOrIsFull() throws Exception {
        int complete = backups("complete").size();
        // Not while something is written.
        Eventually.within(PATIENCE, "it is read-only", () -> Commands.run(PATIENCE,
                List.of("mount", "-o", "remount,ro", repository().toString())).exit() == 0);
        Commands.Result create = lab.primary().cli("backup", "create", "--full");
        Commands.Result mark = lab.primary().cli("backup", "mark", "while-it-was-read-only");
        Moment moment = Moment.now();
        Commands.must("mount", "-o", "remount,rw", repository().toString());
        assertEquals(1, create.exit(), create.text());
        assertTrue(create.text().contains("HF-2002"), create.text());
        assertEquals(0, mark.exit(), mark.text());
        sql("SELECT pg_switch_wal()");
        assertEquals(moment.rows(), restored("name=while-it-was-read-only", ROWS));

        Path filler = repository().resolve("filler");
        Commands.run(PATIENCE, List.of("dd", "if=/dev/zero", "of=" + filler, "bs=1M"));
        Commands.must("truncate", "-s", "-6M", filler.toString());
        long began = System.nanoTime();
        Commands.Result full = lab.primary().cli("backup", "create", "--full");
        long took = System.nanoTime() - began;
        assertEquals(1, full.exit(), full.text());
        assertTrue(full.text().contains("HF-2001"), full.text());
        assertEquals(List.of(), backups("unfinished"), "something is left");
        assertEquals(complete, backups("complete").size());
        assertTrue(repository().toFile().getUsableSpace() > 2 << 20, "the room is there again");
        Files.delete(filler);
        succeeds("backup", "create", "--full");
        awaitWhole();
        STEPS.step("a backup into a full repository failed after " + took / 1_000_000 + " ms, from the question on");
    }
}
