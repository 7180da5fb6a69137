package io.holdfast.backup.io;

import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.Form;
import io.holdfast.backup.Repository;
import io.holdfast.backup.WalFile;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches archived WAL for a recovery, which asks for one file after the other: the segments that follow are fetched ahead
 * into a spool. What is handed over was opened to its end and is the segment that its name says. That something is not there
 * is never remembered: it may be archived at any time.
 */
public final class WalFetch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WalFetch.class);

    private final WalDownload download;
    private final WalOptions options;
    private final WalSpool spool;
    private final int ahead;
    private final ExecutorService workers;
    /** What was asked for never waits behind what was not. */
    private final ExecutorService asked;
    private final Predicate<WalFile> given;
    /** The last request for each place; guarded by this object's lock. */
    private final Map<Path, Object> lastAsked = new HashMap<>();
    /** Fetched, or being fetched; guarded by this object's lock. */
    private final Map<WalFile, CompletableFuture<FetchOutcome>> spooled = new HashMap<>();

    /** Empties the spool; throws {@link HoldfastException} when it cannot be used. */
    public WalFetch(Repository repository, WalOptions options) {
        this(repository, options, _ -> true);
    }

    /**
     * The same of a part of the archive.
     *
     * @param given which files are given; the others are as if they were not there
     */
    public WalFetch(Repository repository, WalOptions options, Predicate<WalFile> given) {
        this.given = given;
        this.download = new WalDownload(repository, options.layout(), Form.of(options.encryption()),
                options.identity());
        this.options = options;
        this.spool = new WalSpool(options.spool());
        this.ahead = (int) Math.min(options.prefetchBytes() / options.segmentSize().bytes(), 1000);
        this.workers = Executors.newFixedThreadPool(options.workers(),
                Thread.ofPlatform().daemon().name("wal-fetch-", 1).factory());
        this.asked = Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().name("wal-asked-", 1).factory());
    }

    /**
     * Fetches a file; never blocks.
     *
     * @param to where it is wanted: in {@code pg_wal} of the data directory or of a directory that is being restored
     */
    public CompletableFuture<FetchOutcome> fetch(WalFile file, Path to) {
        Optional<Path> target = allowed(to);
        if (target.isEmpty()) {
            return CompletableFuture.completedFuture(new FetchOutcome.Unusable(new Problem("HF-2046",
                    to + " is in no pg_wal that WAL may be fetched into",
                    "restore_command is for the node's own data directory, and for a restore that is under way.")));
        }
        Object ticket = new Object();
        synchronized (this) {
            lastAsked.put(target.get(), ticket);
        }
        return spooledOrFetched(file).thenApplyAsync(outcome -> handOver(file, outcome, target.get(), ticket), asked);
    }

    private Optional<Path> allowed(Path to) {
        Path parent = to.toAbsolutePath().getParent();
        Path name = to.getFileName();
        if (parent == null || name == null) {
            return Optional.empty();
        }
        return Stream.concat(Stream.of(options.data()), options.restoreTo().stream())
                .anyMatch(data -> isSame(data.resolve("pg_wal"), parent))
                        ? Optional.of(parent.resolve(name))
                        : Optional.empty();
    }

    /** Also where one of them is a symbolic link. */
    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isDirectory(other) && Files.isSameFile(one, other);
        } catch (IOException e) {
            // One of them is not there.
            return false;
        }
    }

    private synchronized CompletableFuture<FetchOutcome> spooledOrFetched(WalFile file) {
        return spooled.computeIfAbsent(file, missing -> begin(missing, asked));
    }

    private CompletableFuture<FetchOutcome> begin(WalFile file, ExecutorService pool) {
        CompletableFuture<FetchOutcome> result = new CompletableFuture<>();
        try {
            pool.execute(() -> {
                FetchOutcome outcome;
                try {
                    outcome = download(file);
                } catch (RuntimeException e) {
                    LOG.error("Fetching {} failed", file.fileName(), e);
                    outcome = new FetchOutcome.Unusable(
                            new Problem("HF-2043", file.fileName() + " could not be fetched: " + e,
                                    "the log has the whole story."));
                }
                if (!(outcome instanceof FetchOutcome.Fetched)) {
                    forget(file);
                }
                result.complete(outcome);
            });
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("the archive is closed", e);
        }
        return result;
    }

    private synchronized void forget(WalFile file) {
        spooled.remove(file);
    }

    /**
     * Puts it where it was asked for. PostgreSQL takes every file in under one name: one that comes too late, after its
     * client has given up and another file was asked for, would be taken for that one.
     */
    private synchronized FetchOutcome handOver(WalFile file, FetchOutcome outcome, Path target, Object ticket) {
        if (!lastAsked.remove(target, ticket)) {
            return new FetchOutcome.Unusable(new Problem("HF-2046",
                    file.fileName() + " came after another file was asked for under " + target,
                    "nothing is lost: it is asked for again."));
        }
        if (!(outcome instanceof FetchOutcome.Fetched)) {
            return outcome;
        }
        forget(file);
        if (file instanceof WalFile.Segment segment) {
            keepAhead(segment);
        }
        try {
            spool.moveTo(file, target);
            return outcome;
        } catch (IOException e) {
            return new FetchOutcome.Unusable(noPlace(target, e));
        }
    }

    /** Has what follows fetched, and lets go of what does not follow: a recovery that jumped needs other segments. */
    private void keepAhead(WalFile.Segment segment) {
        long number = segment.number(options.segmentSize());
        for (Iterator<Map.Entry<WalFile, CompletableFuture<FetchOutcome>>> all = spooled.entrySet().iterator(); all
                .hasNext();) {
            Map.Entry<WalFile, CompletableFuture<FetchOutcome>> entry = all.next();
            boolean follows = entry.getKey() instanceof WalFile.Segment other
                    && other.timeline().equals(segment.timeline())
                    && other.number(options.segmentSize()) > number
                    && other.number(options.segmentSize()) <= number + ahead;
            if (!follows && entry.getValue().isDone()) {
                all.remove();
                spool.remove(entry.getKey());
            }
        }
        WalFile.Segment next = segment;
        for (int i = 0; i < ahead; i++) {
            next = next.next(options.segmentSize());
            spooled.computeIfAbsent(next, missing -> begin(missing, workers));
        }
    }

    /** Into the spool. */
    private FetchOutcome download(WalFile file) {
        if (!given.test(file)) {
            return new FetchOutcome.NotThere();
        }
        return download.get(file, new WalDownload.Place() {
            @Override
            public WalSpool.Incoming begin() throws IOException {
                return spool.begin(file);
            }

            @Override
            public Optional<String> contradiction(Path path) throws IOException {
                return WalSource.contradiction(path, file, options.layout().systemId(), options.segmentSize());
            }

            /** Who runs PostgreSQL: what is fetched must belong to that user. */
            @Override
            public UserPrincipal owner() throws IOException {
                return Files.getOwner(options.data());
            }

            @Override
            public Problem unwritable(IOException error) {
                return noPlace(options.spool(), error);
            }
        });
    }

    static Problem noPlace(Path where, IOException error) {
        return new Problem("HF-2045", "fetched WAL cannot be written to " + where + " (" + error + ")",
                "make room on its disk, and see that it belongs to the user that runs PostgreSQL.");
    }

    /** Fetches no more, and empties the spool. */
    @Override
    public void close() {
        workers.shutdownNow();
        asked.shutdownNow();
        spool.clear();
    }
}
