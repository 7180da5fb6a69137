package io.holdfast.testkit.io;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an ordinary application has: one driver, all hosts in its URL, only the primary will do
 * ({@code target_session_attrs=read-write} in libpq's words). Its reports name members by address and port.
 */
public final class MultiHostWriter extends Writer {
    /** An application pauses after a failed attempt; each one starts a backend on every host that is there. */
    private static final long AGAIN_NANOS = 50_000_000;

    private final String url;

    private MultiHostWriter(List<Target> targets) {
        super(targets, "holdfast_test_url");
        String hosts = targets.stream().map(t -> t.host() + ":" + t.port()).collect(Collectors.joining(","));
        url = "jdbc:postgresql://" + hosts
                + "/postgres?targetServerType=primary&hostRecheckSeconds=0&connectTimeout=1&socketTimeout=2";
    }

    /** Starts writing; one of the targets must be a primary by now. */
    public static MultiHostWriter start(List<Target> targets) {
        MultiHostWriter writer = new MultiHostWriter(targets);
        writer.begin("multi-host", writer::write);
        return writer;
    }

    private void write() {
        Properties properties = Target.plain();
        @Nullable
        Connection connection = null;
        while (isRunning()) {
            long next = System.nanoTime() + PACE_NANOS;
            try {
                if (connection == null) {
                    connection = DriverManager.getConnection(url, properties);
                }
                insert(connection, "");
            } catch (SQLException e) {
                abandon(connection);
                connection = null;
                next = System.nanoTime() + AGAIN_NANOS;
            }
            LockSupport.parkNanos(next - System.nanoTime());
        }
        abandon(connection);
    }
}
