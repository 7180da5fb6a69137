package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.LabMember;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/** Another client than Holdfast, by another driver: it commits on the primary, and looks when each standby shows it. */
final class OutsideClient {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final long PACE_NANOS = 100_000_000;

    private OutsideClient() {}

    /**
     * Means over a while, milliseconds.
     *
     * @param commitMillis of a commit on the primary
     * @param seen by standby, from the begin of the commit until it was seen there
     */
    record Seen(double commitMillis, Map<LabMember, Double> seen) {
        double seenMillis(LabMember standby) {
            return seen.getOrDefault(standby, Double.NaN);
        }
    }

    /** Ten times a second. */
    static Seen measure(LabMember primary, List<LabMember> standbys, Duration time) throws SQLException {
        Map<LabMember, Connection> open = new LinkedHashMap<>();
        try (Connection writer = primary.target().connect(LIMIT);
                ExecutorService watchers = Executors.newVirtualThreadPerTaskExecutor();
                PreparedStatement write = writer.prepareStatement("UPDATE outside SET number = ? WHERE id = 1")) {
            for (LabMember standby : standbys) {
                open.put(standby, standby.target().connect(LIMIT));
            }
            List<Double> commits = new ArrayList<>();
            Map<LabMember, List<Double>> seen = new LinkedHashMap<>();
            long number = System.currentTimeMillis();
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                long awaited = ++number;
                long begun = System.nanoTime();
                Map<LabMember, Future<Double>> watching = new LinkedHashMap<>();
                open.forEach((standby, connection) -> watching.put(standby,
                        watchers.submit(() -> watch(connection, awaited, begun))));
                write.setLong(1, awaited);
                write.executeUpdate();
                commits.add((System.nanoTime() - begun) / 1e6);
                for (Map.Entry<LabMember, Future<Double>> one : watching.entrySet()) {
                    seen.computeIfAbsent(one.getKey(), _ -> new ArrayList<>()).add(one.getValue().get());
                }
                LockSupport.parkNanos(begun + PACE_NANOS - System.nanoTime());
            }
            Map<LabMember, Double> means = new LinkedHashMap<>();
            seen.forEach((standby, times) -> means.put(standby, mean(times)));
            return new Seen(mean(commits), means);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            for (Connection connection : open.values()) {
                connection.close();
            }
        }
    }

    private static double watch(Connection connection, long awaited, long begun) throws SQLException {
        try (PreparedStatement look = connection.prepareStatement("SELECT number FROM outside WHERE id = 1")) {
            while (true) {
                try (ResultSet result = look.executeQuery()) {
                    if (result.next() && result.getLong(1) >= awaited) {
                        return (System.nanoTime() - begun) / 1e6;
                    }
                }
                LockSupport.parkNanos(500_000);
            }
        }
    }

    private static double mean(List<Double> times) {
        return times.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }
}
