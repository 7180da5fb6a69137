package io.holdfast.agent.io;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one loop of the code base. A turn says how long to pause; whoever has news calls {@link #wake}, which ends the pause,
 * or lets another turn follow the one that is running. Turns never overlap. A turn that throws is counted and logged, and
 * the loop goes on after a pause that grows and that no wake cuts short, so that a broken turn cannot burn a core.
 *
 * <p>Each has a thread of the operating system: a turn may hang with the storage, and would take one of the few carriers of all
 * virtual threads with it; and a pause of a virtual thread wakes two more threads, which was a tenth of what an idle agent cost.
 */
public final class TurnLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TurnLoop.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration TO_END = Duration.ofSeconds(15);

    private final String name;
    private final Supplier<Duration> turn;
    private final Consumer<Duration> took;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final AtomicLong failures = new AtomicLong();
    private volatile long lastEndNanos = System.nanoTime();
    private boolean woken;
    private boolean closing;
    private @Nullable Thread thread;

    /**
     * A loop that is not started yet.
     *
     * @param name for the log and the thread
     * @param turn one turn; returns the pause until the next
     */
    public TurnLoop(String name, Supplier<Duration> turn) {
        this(name, turn, _ -> {});
    }

    /**
     * The same.
     *
     * @param took hears how long each turn took that ended without an error
     */
    TurnLoop(String name, Supplier<Duration> turn, Consumer<Duration> took) {
        this.name = name;
        this.turn = turn;
        this.took = took;
    }

    /** Starts turning. */
    public void start() {
        lastEndNanos = System.nanoTime();
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    /** Says that there is news: a turn begins at once, or right after the one that is running. Many wakes are one. */
    void wake() {
        lock.lock();
        try {
            woken = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many turns have thrown. */
    long failures() {
        return failures.get();
    }

    /** How long ago the last turn ended without an error; since the start if none has. */
    Duration sinceLastTurn() {
        return Duration.ofNanos(System.nanoTime() - lastEndNanos);
    }

    /** Lets the running turn end, and interrupts it when it has not after 15 s. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
        Thread running = thread;
        if (running == null) {
            return;
        }
        try {
            if (!running.join(TO_END)) {
                LOG.warn("The loop {} did not end within {}; it is interrupted", name, TO_END);
                running.interrupt();
            }
        } catch (InterruptedException e) {
            running.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Duration afterFailure = FIRST_PAUSE;
        while (begin()) {
            try {
                long begun = System.nanoTime();
                Duration pause = turn.get();
                lastEndNanos = System.nanoTime();
                took.accept(Duration.ofNanos(lastEndNanos - begun));
                afterFailure = FIRST_PAUSE;
                pause(pause, true);
            } catch (Throwable e) { // An Error too: a loop that ends in silence would be the worst answer to it.
                LOG.error("Turn of {} failed, {} so far; the next in {} ms", name, failures.incrementAndGet(),
                        afterFailure.toMillis(), e);
                pause(afterFailure, false);
                Duration twice = afterFailure.multipliedBy(2);
                afterFailure = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
            }
        }
    }

    /** News that came before a turn begins is news that the turn sees. */
    private boolean begin() {
        lock.lock();
        try {
            woken = false;
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    private void pause(Duration pause, boolean wakeable) {
        long left = pause.toNanos();
        lock.lock();
        try {
            while (left > 0 && !closing && !(wakeable && woken)) {
                left = news.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Left over from a turn: only close() ends the loop.
            LOG.debug("The pause of {} was interrupted", name, e);
        } finally {
            lock.unlock();
        }
    }

}
