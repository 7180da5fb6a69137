package io.holdfast.agent.e2e;

import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Full backups that run while something else is looked at. */
final class BackupLoad {
    private static final Duration LONG = Duration.ofMinutes(10);
    /** Megabytes that are written in one go: an answer is not waited for long. */
    private static final int STEP = 5;
    private static final int ROWS = 7_700;

    private final Lab lab;
    private int completed;
    private int begun;

    /** On a cluster with backups, which gets a table of so many megabytes. */
    BackupLoad(Lab lab, long megabytes) {
        this.lab = lab;
        try {
            lab.primary().target().query("CREATE TABLE bulk (id int, v text)");
            for (long megabyte = 0; megabyte < megabytes; megabyte += STEP) {
                lab.primary()
                        .target()
                        .query("INSERT INTO bulk SELECT g, repeat(md5(g::text), 3) FROM generate_series("
                                + megabyte * ROWS + ", " + ((megabyte + STEP) * ROWS - 1) + ") g");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        Scenario.awaitAllCount(lab);
    }

    /** Begins one, and returns when the first of it is stored. */
    CompletableFuture<Commands.Result> begin() {
        LabMember asked = lab.standby();
        begun++;
        long before = shards();
        CompletableFuture<Commands.Result> result = CompletableFuture.supplyAsync(
                () -> asked.cli(LONG, "backup", "create", "--full", "--json"),
                task -> Thread.ofVirtual().start(task));
        Eventually.within(LONG, "the backup is under way", () -> shards() > before || result.isDone());
        return result;
    }

    /** Waits for its end, which may be a failure where its server was taken from it. */
    String end(CompletableFuture<Commands.Result> backup) {
        Commands.Result result = backup.join();
        completed += result.exit() == 0 ? 1 : 0;
        return result.exit() == 0 ? "complete" : "not complete: " + result.text().strip();
    }

    /** How many came to their end. */
    String summary() {
        return completed + " of " + begun + " backups were completed";
    }

    private long shards() {
        Path repository = lab.backups().repository();
        if (!Files.isDirectory(repository)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(repository)) {
            return files.filter(file -> String.valueOf(file.getFileName()).startsWith("shard-")).count();
        } catch (IOException | UncheckedIOException e) {
            // Folders come and go.
            return 0;
        }
    }

    /** A backup under writes and without a fault: how near the lease came to its end, and how many commits it cost. */
    void withoutFault(Steps steps) {
        LabMember primary = lab.primary();
        long epoch = lab.status().epoch();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(50, Scenario.TAKEOVER);
            double least = Double.MAX_VALUE;
            long beginNanos = System.nanoTime();
            CompletableFuture<Commands.Result> backup = begin();
            while (!backup.isDone()) {
                least = Math.min(least, primary.metric("holdfast_lease_margin_seconds").orElse(0.0));
            }
            double seconds = (System.nanoTime() - beginNanos) / 1e9;
            writer.awaitMore(20, Scenario.TAKEOVER);
            Report report = writer.stop(lab.primary().target());
            steps.step(String.format(Locale.ROOT,
                    "a full backup of %.1f s under writes and without a fault is %s; the lease had never less than %.2f s"
                            + " left, %d of %d attempts to commit were acknowledged, the epoch went from %d to %d",
                    seconds, end(backup), least, report.acks().size(), report.attempts(), epoch, lab.status().epoch()));
        }
    }
}
