package io.holdfast.testkit.io;

import io.holdfast.testkit.FaultMark;
import io.holdfast.testkit.Report;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client that writes without a pause until it is told to stop. */
public abstract sealed class Writer implements AutoCloseable permits WriterClient, MultiHostWriter {
    /** From one attempt's begin to the next one's: about 70 a second. */
    static final long PACE_NANOS = 14_000_000;

    private final Journal journal;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean running = true;

    /**
     * Writes nothing yet.
     *
     * @param targets all hosts; one of them must be a primary by now
     * @param table where to; two writers at the same time need one each
     */
    Writer(List<Target> targets, String table) {
        journal = Journal.open(targets.stream()
                .filter(Target::isPrimary)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no primary among " + targets)), table);
    }

    /** Begins: the loop runs in a thread of its own, and looks whether it {@link #isRunning}. */
    final void begin(String name, Runnable loop) {
        threads.add(Thread.ofPlatform().daemon().name("writer-" + name).start(loop));
    }

    /** Whether another attempt is wanted. */
    final boolean isRunning() {
        return running;
    }

    /** One attempt; whether it was acknowledged. */
    final boolean insert(Connection connection, String member) throws SQLException {
        return journal.insert(connection, member);
    }

    /** Ends a connection without a word to the server, which may be silent. */
    static void abandon(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // It is gone either way.
            }
        }
    }

    /** Notes a fault, so that the report measures its outage. */
    public final void mark(FaultMark fault) {
        journal.mark(fault);
    }

    /** How many commits have been acknowledged. */
    public final long acknowledged() {
        return journal.acknowledged();
    }

    /** Waits until somebody acknowledges an attempt that begins when the fault is complete. */
    public final void awaitAckAfter(Fault fault, Duration atMost) {
        Eventually.within(atMost, "a commit is acknowledged after: " + fault.mark().name(),
                () -> journal.acknowledgedAfter(fault.brokenNanos()));
    }

    /** Waits for a number of further acknowledgements. */
    public final void awaitMore(int acks, Duration atMost) {
        long before = acknowledged();
        Eventually.within(atMost, acks + " more commits are acknowledged", () -> acknowledged() - before >= acks);
    }

    /** Judges what was written so far by what a primary has, and goes on writing. */
    public final Report soFar(Target primary) {
        return journal.report(primary, System.nanoTime());
    }

    /** Ends the writing and judges it by what the final primary has. */
    public final Report stop(Target finalPrimary) {
        long endNanos = System.nanoTime();
        close();
        return journal.report(finalPrimary, endNanos);
    }

    @Override
    public final void close() {
        running = false;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
