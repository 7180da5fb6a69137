package io.holdfast.agent.e2e;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Measured;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.PlainPostgres;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The least that a failover can take here: on two bare PostgreSQL, from {@code pg_promote} on a standby that has everything, with
 * nobody in doubt and nothing to find out, until a connection made afterwards has its first commit acknowledged.
 */
final class Floor {
    private static final String[] SAFE = {"fsync = on", "shared_buffers = 32MB"};
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Floor() {}

    /** The median of some rounds, 1 and up. */
    static Duration measure(int rounds) {
        Steps steps = new Steps("bench floor");
        List<Duration> times = new ArrayList<>();
        try (Lab lab = Lab.open(LabSpec.members(2), "floor")) {
            LabMember primary = lab.members().get(0);
            PlainPostgres.primary(primary, SAFE);
            primary.target().query("CREATE TABLE floor (id bigint PRIMARY KEY)");
            for (int round = 1; round <= rounds; round++) {
                LabMember standby = lab.others(primary).get(0);
                PlainPostgres.standby(standby, primary, SAFE);
                times.add(promote(primary, standby, round));
                steps.step("round " + round + ": " + times.get(round - 1).toMillis() + " ms");
                PlainPostgres.drop(primary);
                primary = standby;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Measured.median(times);
    }

    private static Duration promote(LabMember primary, LabMember standby, int round) throws SQLException {
        primary.target().query("INSERT INTO floor VALUES (-" + round + ")");
        Eventually.within(PATIENCE, standby + " has everything",
                () -> standby.target()
                        .ask("SELECT id FROM floor WHERE id = -" + round)
                        .isPresent());
        try (Connection connection = standby.target().connect(PATIENCE);
                Statement statement = connection.createStatement()) {
            long begin = System.nanoTime();
            statement.execute("SELECT pg_promote(false)");
            while (!writes(standby.target(), round)) {
                if (System.nanoTime() - begin > PATIENCE.toNanos()) {
                    throw new AssertionError(standby + " takes no writes");
                }
            }
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }

    private static boolean writes(Target target, int id) {
        try {
            target.query("INSERT INTO floor VALUES (" + id + ")");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }
}
