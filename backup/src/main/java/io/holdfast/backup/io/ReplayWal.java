package io.holdfast.backup.io;

import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The WAL that a restored directory replays when it is started as a standby that asks no archive: all of it is brought into its
 * {@code pg_wal}, marked as archived.
 */
public final class ReplayWal {
    private final RestorePlan plan;
    private final Path directory;

    /** Of a directory that {@link RestoreRun} has written by a plan. */
    public ReplayWal(RestorePlan plan, Path directory) {
        this.plan = plan;
        this.directory = directory;
    }

    /** Hears how far it is. */
    @FunctionalInterface
    public interface Heard {
        /** So many segments of so many. */
        void progress(long done, long total);
    }

    /** Throws HoldfastException when something of the plan cannot be had. */
    public void bring(WalFetch fetch, Heard heard) throws IOException {
        List<Path> written = new ArrayList<>();
        // Those on the way, and those of others between them: PostgreSQL looks for the newest from number to number.
        for (int timeline = 2; timeline <= plan.history().timeline().number(); timeline++) {
            bring(fetch, new WalFile.History(new TimelineId(timeline)), written, true);
        }
        long done = 0;
        for (WalFile.Segment segment : plan.wal()) {
            bring(fetch, segment, written, false);
            heard.progress(++done, plan.wal().size());
        }
        for (Path file : written) {
            DataFile.sync(file);
        }
        DurableFiles.sync(pgWal());
        DurableFiles.sync(pgWal().resolve("archive_status"));
        RecoverySettings.remove(directory);
        Files.deleteIfExists(directory.resolve(RecoverySettings.SIGNAL));
        DurableFiles.sync(directory);
    }

    private void bring(WalFetch fetch, WalFile file, List<Path> written, boolean mayLack) throws IOException {
        Path to = pgWal().resolve(file.fileName());
        switch (fetch.fetch(file, to).join()) {
            case FetchOutcome.Fetched _ -> {
                written.add(to);
                Path mark = pgWal().resolve("archive_status").resolve(file.fileName() + ".done");
                DataFile.make(mark, 0);
            }
            case FetchOutcome.NotThere _ -> {
                if (!mayLack) {
                    throw new Problem("HF-2112",
                            file.fileName() + " was in the archive a moment ago, and is not any more",
                            "Ask for it again.").toException();
                }
            }
            case FetchOutcome.Unreachable(var failure) ->
                throw new RepositoryException(failure, new IOException(failure.problem().fact()));
            case FetchOutcome.Unusable(var problem) -> throw problem.toException();
        }
    }

    private Path pgWal() {
        return directory.resolve("pg_wal");
    }
}
