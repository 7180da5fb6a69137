package io.holdfast.testkit.io;

import io.holdfast.testkit.FaultMark;
import io.holdfast.testkit.Report;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an ordinary application has: one driver, all hosts in its URL, only the primary will do
 * ({@code target_session_attrs=read-write} in libpq's words). Its reports name members by address and port.
 */
public final class MultiHostWriter implements Writer {
    private static final long PACE_NANOS = 14_000_000;

    private final Journal journal;
    private final String url;
    private final Thread thread;
    private volatile boolean running = true;

    private MultiHostWriter(Journal journal, String url) {
        this.journal = journal;
        this.url = url;
        this.thread = Thread.ofPlatform().daemon().name("writer-multi-host").unstarted(this::write);
    }

    /** Starts writing; one of the targets must be a primary by now. */
    public static MultiHostWriter start(List<Target> targets) {
        Target primary = targets.stream()
                .filter(Target::isPrimary)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no primary among " + targets));
        String hosts = targets.stream().map(t -> t.host() + ":" + t.port()).collect(Collectors.joining(","));
        MultiHostWriter writer = new MultiHostWriter(Journal.open(primary), "jdbc:postgresql://" + hosts
                + "/postgres?targetServerType=primary&hostRecheckSeconds=0&connectTimeout=1&socketTimeout=2");
        writer.thread.start();
        return writer;
    }

    private void write() {
        Properties properties = Target.plain();
        @Nullable
        Connection connection = null;
        while (running) {
            long next = System.nanoTime() + PACE_NANOS;
            try {
                if (connection == null) {
                    connection = DriverManager.getConnection(url, properties);
                }
                journal.insert(connection, "");
            } catch (SQLException e) {
                WriterClient.abandon(connection);
                connection = null;
            }
            LockSupport.parkNanos(next - System.nanoTime());
        }
        WriterClient.abandon(connection);
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
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
