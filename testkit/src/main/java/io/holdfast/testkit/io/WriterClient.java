package io.holdfast.testkit.io;

import io.holdfast.testkit.FaultMark;
import io.holdfast.testkit.Report;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One writer a member, each trying for itself, so that the outage that is measured is the cluster's and not that of a driver
 * that is still waiting for a dead host. An attempt: connect if necessary, ask whether the member is in recovery if the last
 * attempt was not acknowledged, insert. Each answer is awaited for 200 ms.
 */
public final class WriterClient implements Writer {
    private static final Duration ATTEMPT = Duration.ofMillis(200);
    /** From one attempt's begin to the next one's: about 70 a second. */
    private static final long PACE_NANOS = 14_000_000;

    private final Journal journal;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean running = true;

    private WriterClient(Journal journal) {
        this.journal = journal;
    }

    /** Starts writing; one of the targets must be a primary by now. */
    public static WriterClient start(List<Target> targets) {
        Target primary = targets.stream()
                .filter(Target::isPrimary)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no primary among " + targets));
        WriterClient client = new WriterClient(Journal.open(primary));
        for (Target target : targets) {
            client.threads.add(
                    Thread.ofPlatform().daemon().name("writer-" + target.member()).start(() -> client.write(target)));
        }
        return client;
    }

    private void write(Target target) {
        @Nullable
        Connection connection = null;
        boolean writable = false;
        long next = System.nanoTime();
        while (running) {
            try {
                if (connection == null) {
                    connection = target.connect(ATTEMPT);
                    writable = false;
                }
                writable = (writable || takesWrites(connection)) && journal.insert(connection, target.member());
            } catch (SQLException e) {
                writable = false;
                // A refused statement leaves the connection usable; anything else ends it.
                if (!"25006".equals(e.getSQLState())) {
                    abandon(connection);
                    connection = null;
                }
            }
            next = Math.max(next + PACE_NANOS, System.nanoTime() - PACE_NANOS);
            LockSupport.parkNanos(next - System.nanoTime());
        }
        abandon(connection);
    }

    private static boolean takesWrites(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT NOT pg_is_in_recovery()")) {
            return result.next() && result.getBoolean(1);
        }
    }

    static void abandon(@Nullable Connection connection) {
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                // It is gone either way.
            }
        }
    }

    @Override
    public void mark(FaultMark fault) {
        journal.mark(fault);
    }

    @Override
    public long acknowledged() {
        return journal.acknowledged();
    }

    @Override
    public long acknowledgedSince(long nanos) {
        return journal.acknowledgedSince(nanos);
    }

    @Override
    public Report stop(Target finalPrimary) {
        long endNanos = System.nanoTime();
        close();
        return journal.report(finalPrimary, endNanos);
    }

    @Override
    public void close() {
        running = false;
        for (Thread thread : threads) {
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
