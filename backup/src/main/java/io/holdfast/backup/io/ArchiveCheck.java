package io.holdfast.backup.io;

import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.WalFile;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Proves the way of WAL into the repository and back: a segment is ended, archived by whoever does that, fetched, and compared. */
public final class ArchiveCheck {
    private static final Duration BETWEEN = Duration.ofMillis(50);
    private static final String MARK = "holdfast backup check";

    private final Vertx vertx;
    private final DatabaseAddress address;
    private final Repository repository;
    private final Layout layout;
    private final Form form;
    private final @Nullable Identity identity;

    /**
     * Of a primary on this host.
     *
     * @param encryption as WAL is archived
     * @param identity opens it; null where it is not sealed
     */
    public ArchiveCheck(Vertx vertx, DatabaseAddress address, Repository repository, Layout layout,
            Encryption encryption, @Nullable Identity identity) {
        this.vertx = vertx;
        this.address = address;
        this.repository = repository;
        this.layout = layout;
        this.form = Form.of(encryption);
        this.identity = identity;
    }

    /**
     * What came of it.
     *
     * @param segment which
     * @param took from the end of the segment until it was found in the repository, to {@link #BETWEEN}
     */
    public record Checked(WalFile segment, Duration took) {}

    /** Throws HoldfastException when the segment does not come, or is not what was written. */
    public Checked run(Duration atMost) throws IOException {
        try (BackupConnection connection = BackupConnection.open(vertx, address)) {
            // At the beginning of a segment PostgreSQL 17 names that one, and 15 the one before, in which the mark is.
            Lsn at = connection.mark(MARK);
            WalFile segment = WalFile.read(connection.segmentOf(new Lsn(at.bytes() - 1))).orElseThrow();
            Path written = connection.facts().data().resolve("pg_wal").resolve(segment.fileName());
            connection.switchWal();
            long from = System.nanoTime();
            byte[] fetched = await(segment, from, atMost);
            Duration took = Duration.ofNanos(System.nanoTime() - from);
            if (!Arrays.equals(fetched, Files.readAllBytes(written))) {
                throw new Problem("HF-2051",
                        layout.wal(segment, form) + " is not the segment that PostgreSQL has written",
                        "archive nothing more there; somebody else writes under the same name.").toException();
            }
            return new Checked(segment, took);
        }
    }

    private byte[] await(WalFile segment, long from, Duration atMost) throws IOException {
        RepositoryPath path = layout.wal(segment, form);
        while (true) {
            switch (repository.get(path)) {
                case GetResult.Found found -> {
                    try (InputStream plain = SealedStream.open(found.stream(), form, identity, path.value())) {
                        return plain.readAllBytes();
                    } catch (SealException e) {
                        throw e.problem().toException();
                    }
                }
                case GetResult.Failed failed -> throw new RepositoryException(failed.failure(),
                        new IOException(failed.failure().problem().fact()));
                case GetResult.Missing _ -> pause(segment, from, atMost);
            }
        }
    }

    private static void pause(WalFile segment, long from, Duration atMost) throws InterruptedIOException {
        if (System.nanoTime() - from > atMost.toNanos()) {
            throw new Problem("HF-2050",
                    segment.fileName() + " did not come into the repository within " + atMost.toSeconds() + " s",
                    "'pg_stat_archiver' and the log of the agent say why.").toException();
        }
        try {
            TimeUnit.MILLISECONDS.sleep(BETWEEN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
