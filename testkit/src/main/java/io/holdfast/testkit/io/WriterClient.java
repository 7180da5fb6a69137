package io.holdfast.testkit.io;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One writer a member, each trying for itself, so that the outage that is measured is the cluster's and not that of a driver
 * that is still waiting for a dead host. An attempt: connect if necessary, ask whether the member is in recovery if the last
 * attempt was not acknowledged, insert. Each answer is awaited for 200 ms.
 */
public final class WriterClient extends Writer {
    private static final Duration ATTEMPT = Duration.ofMillis(200);

    private WriterClient(List<Target> targets, String table) {
        super(targets, table);
    }

    /** Starts writing; one of the targets must be a primary by now. */
    public static WriterClient start(List<Target> targets) {
        return start(targets, "holdfast_test");
    }

    /** The same beside other writers, into a table of its own. */
    public static WriterClient start(List<Target> targets, String table) {
        WriterClient client = new WriterClient(targets, table);
        targets.forEach(target -> client.begin(target.member(), () -> client.write(target)));
        return client;
    }

    private void write(Target target) {
        @Nullable
        Connection connection = null;
        boolean writable = false;
        long next = System.nanoTime();
        while (isRunning()) {
            try {
                if (connection == null) {
                    connection = target.connect(ATTEMPT);
                    writable = false;
                }
                writable = (writable || takesWrites(connection)) && insert(connection, target.member());
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
}
