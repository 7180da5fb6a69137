package io.holdfast.backup.io;

import io.holdfast.backup.ArchiveBacklog;
import io.holdfast.backup.ArchiveGate;
import io.holdfast.backup.ArchiveNews;
import io.holdfast.backup.PushOutcome;
import io.holdfast.backup.Repository;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalQueue;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives what waits in {@code pg_wal}, several files at a time and ahead of PostgreSQL, which asks for one after the other
 * and then finds it done. It goes on whether PostgreSQL asks or not: what a primary left behind when it fell is in nobody
 * else's archive. PostgreSQL's own marks, {@code .ready} and {@code .done}, are read and never changed. It must be closed
 * while something other than PostgreSQL writes into the data directory: a clone, a restore, {@code pg_rewind}.
 */
public final class WalArchive implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WalArchive.class);
    /** How often it looks without being told, and tries a repository that was away. */
    private static final long LOOK_MILLIS = 250;

    private final WalOptions options;
    private final WalPush pusher;
    private final Clock clock;
    private final Consumer<ArchiveNews> news;
    private final Runnable wakeArchiver;
    private final ExecutorService workers;
    private final Thread ahead;
    private volatile boolean closed;

    // All below belongs to who holds this object's lock.
    private final Map<WalFile, CompletableFuture<PushOutcome>> inFlight = new HashMap<>();
    private final Map<WalFile, Done> done = new HashMap<>();
    /** What cannot be archived: it is tried again when PostgreSQL asks. */
    private final Set<WalFile> refused = new HashSet<>();
    /** What could not be read just now: it is tried again at the next look. */
    private final Set<WalFile> aside = new HashSet<>();
    private WalQueue queue = WalQueue.EMPTY;
    private ArchiveGate gate = ArchiveGate.START;
    private ArchiveBacklog backlog = ArchiveBacklog.NONE;
    private long pushed;

    /** What PostgreSQL may remove, why, and which file it was. */
    private record Done(PushOutcome outcome, WalSource.Stamp stamp) {}

    /**
     * An archive that pushes nothing before {@link #start}.
     *
     * @param news hears what somebody should know, on a thread of the archive; it must not block
     * @param wakeArchiver makes PostgreSQL's archiver look again, by a reload; it may block and may throw
     */
    public WalArchive(Repository repository, WalOptions options, Clock clock, Consumer<ArchiveNews> news,
            Runnable wakeArchiver) {
        this.options = options;
        this.pusher = new WalPush(repository, options);
        this.clock = clock;
        this.news = news;
        this.wakeArchiver = wakeArchiver;
        this.workers = Executors.newFixedThreadPool(options.workers(),
                Thread.ofPlatform().daemon().name("wal-push-", 1).factory());
        this.ahead = Thread.ofPlatform().daemon().name("wal-ahead").unstarted(this::run);
    }

    /** Begins to push what waits. The archiver is woken as soon as something is there: it may be tired of asking. */
    public void start() {
        ahead.start();
    }

    /**
     * What the archive does, for people and for metrics.
     *
     * @param waiting files that PostgreSQL has completed and that are not in the repository
     * @param pushed files that were archived since the start
     * @param gate what PostgreSQL is told
     * @param refused files that a person has to look at
     */
    public record Status(int waiting, long pushed, ArchiveGate gate, List<String> refused) {}

    /** How it stands. */
    public synchronized Status status() {
        return new Status(waiting(), pushed, gate, refused.stream().map(WalFile::fileName).sorted().toList());
    }

    /** Tells that PostgreSQL is about to stop, or runs again: see {@link ArchiveGate}. */
    public synchronized void postgresStops(boolean stops) {
        gate = gate.stopping(stops);
    }

    /**
     * Archives a file that PostgreSQL asks for, unless it is archived; never blocks.
     *
     * @return ends when it is known how it went, which may be long after PostgreSQL has stopped waiting
     */
    public CompletableFuture<PushOutcome> push(WalFile file) {
        Optional<WalSource.Stamp> stamp = stamp(file);
        synchronized (this) {
            Done before = done.get(file);
            if (before != null && stamp.equals(Optional.of(before.stamp()))) {
                return CompletableFuture.completedFuture(before.outcome());
            }
            return submit(file);
        }
    }

    private Optional<WalSource.Stamp> stamp(WalFile file) {
        try {
            return Optional.of(WalSource.Stamp.of(options.pgWal().resolve(file.fileName())));
        } catch (IOException e) {
            // The push itself will tell.
            return Optional.empty();
        }
    }

    /**
     * What the client of the archiver exits with; what is not archived then is remembered as owed.
     *
     * @param asked what {@link #push} gave for the file
     */
    public synchronized int exit(WalFile file, CompletableFuture<PushOutcome> asked) {
        // A push is noted here before it ends: what has come to be meanwhile is not turned away.
        Done now = inFlight.containsKey(file) || asked.isDone() ? null : done.get(file);
        Optional<PushOutcome> outcome = now == null
                ? Optional.ofNullable(asked.getNow(null))
                : Optional.of(now.outcome());
        gate = gate.told(outcome, clock.instant());
        return gate.exit(outcome);
    }

    private CompletableFuture<PushOutcome> submit(WalFile file) {
        CompletableFuture<PushOutcome> running = inFlight.get(file);
        if (running != null) {
            return running;
        }
        CompletableFuture<PushOutcome> result = new CompletableFuture<>();
        inFlight.put(file, result);
        try {
            workers.execute(() -> work(file, result));
        } catch (RejectedExecutionException e) {
            inFlight.remove(file);
            result.complete(new PushOutcome.NotNow("the archive is being closed"));
        }
        return result;
    }

    private void work(WalFile file, CompletableFuture<PushOutcome> result) {
        WalPush.Pushed pushedNow;
        try {
            pushedNow = pusher.push(file);
        } catch (RuntimeException e) {
            LOG.error("Archiving {} failed", file.fileName(), e);
            pushedNow = new WalPush.Pushed(new PushOutcome.NotNow("it failed: " + e), null);
        }
        settle(file, pushedNow);
        result.complete(pushedNow.outcome());
        synchronized (this) {
            // A repository that is away is tried by the next look, with one file.
            if (gate.away() == null) {
                fill(options.workers());
            }
        }
    }

    private void settle(WalFile file, WalPush.Pushed result) {
        PushOutcome outcome = result.outcome();
        boolean isNews;
        synchronized (this) {
            inFlight.remove(file);
            gate = gate.after(outcome, clock.instant());
            isNews = outcome instanceof PushOutcome.Refused && refused.add(file);
            switch (outcome) {
                case PushOutcome.Durable _ -> {
                    pushed++;
                    remember(file, result);
                }
                case PushOutcome.Spared _ -> remember(file, result);
                case PushOutcome.NotNow _ -> aside.add(file);
                case PushOutcome.Away _,PushOutcome.Refused _ -> done.remove(file);
            }
            wakeIfOwed();
        }
        if (isNews && outcome instanceof PushOutcome.Refused(var problem)) {
            LOG.warn("{}", problem.message());
            tell(new ArchiveNews.Refused(file, problem));
        } else if (outcome instanceof PushOutcome.Spared) {
            LOG.info("{} is not archived: {}", file.fileName(), outcome.why());
        } else if (!(outcome instanceof PushOutcome.Durable)) {
            LOG.debug("{} is not archived: {}", file.fileName(), outcome.why());
        }
    }

    private void remember(WalFile file, WalPush.Pushed result) {
        refused.remove(file);
        if (result.stamp() != null) {
            done.put(file, new Done(result.outcome(), result.stamp()));
        }
    }

    private void wakeIfOwed() {
        Instant now = clock.instant();
        if (gate.wakes(now)) {
            gate = gate.woke(now);
            Thread.ofVirtual().name("wake-archiver").start(() -> {
                try {
                    wakeArchiver.run();
                } catch (RuntimeException e) {
                    LOG.warn("PostgreSQL's archiver could not be woken; it looks again by itself within a minute", e);
                }
            });
        }
    }

    private void tell(ArchiveNews what) {
        try {
            news.accept(what);
        } catch (RuntimeException e) {
            LOG.error("The news {} went wrong", what, e);
        }
    }

    private int waiting() {
        return (int) queue.waiting().stream().filter(file -> !done.containsKey(file)).count();
    }

    /** Gives the workers what waits, so that so many are at work. */
    private void fill(int atWork) {
        if (closed) {
            return;
        }
        Set<WalFile> taken = new HashSet<>(done.keySet());
        taken.addAll(inFlight.keySet());
        taken.addAll(refused);
        taken.addAll(aside);
        for (WalFile next : queue.next(taken, atWork - inFlight.size())) {
            // Its end is told to whoever asks for the file, and remembered in any case.
            var _ = submit(next);
        }
    }

    private void run() {
        while (!closed) {
            try (WatchService watch = options.data().getFileSystem().newWatchService()) {
                status(options).register(watch, StandardWatchEventKinds.ENTRY_CREATE);
                boolean valid = true;
                while (valid && !closed) {
                    look();
                    WatchKey key = watch.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    if (key != null) {
                        key.pollEvents();
                        valid = key.reset();
                    }
                }
            } catch (IOException | ClosedWatchServiceException e) {
                // No data directory, or no longer the same one: it is looked for again.
                LOG.debug("{} cannot be watched: {}", options.pgWal(), e.toString());
                pause();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("Looking for WAL to archive failed", e);
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    private static Path status(WalOptions options) {
        return options.pgWal().resolve("archive_status");
    }

    /** One turn: reads what waits, and has it pushed. */
    private void look() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(status(options), "*.ready")) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        ArchiveBacklog.Step step;
        synchronized (this) {
            queue = WalQueue.of(names);
            // What PostgreSQL has marked as archived it does not ask for again.
            Set<WalFile> waiting = new HashSet<>(queue.waiting());
            done.keySet().retainAll(waiting);
            refused.retainAll(waiting);
            aside.clear();
            ArchiveGate.Away away = gate.away();
            fill(away == null ? options.workers() : 1);
            wakeIfOwed();
            step = backlog.see(waiting(), options.threshold(), reason());
            backlog = step.next();
        }
        step.news().ifPresent(this::tell);
    }

    /** What keeps WAL waiting. */
    private String reason() {
        ArchiveGate.Away away = gate.away();
        if (away != null) {
            return away.failure().problem().message();
        }
        return refused.isEmpty()
                ? "it is written faster than it is archived"
                : "refused: " + String.join(", ", refused.stream().map(WalFile::fileName).sorted().toList());
    }

    /** Pushes no more, and waits shortly for what is under way; nothing of that is lost, whatever becomes of it. */
    @Override
    public void close() {
        closed = true;
        ahead.interrupt();
        workers.shutdown();
        try {
            if (!workers.awaitTermination(2, TimeUnit.SECONDS)) {
                LOG.debug("WAL is still under way to the repository");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
