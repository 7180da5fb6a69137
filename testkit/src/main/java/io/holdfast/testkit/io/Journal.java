package io.holdfast.testkit.io;

import io.holdfast.testkit.Ack;
import io.holdfast.testkit.FaultMark;
import io.holdfast.testkit.Report;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** What the clients of one run write down: attempts, acknowledgements, faults. */
final class Journal {
    /** The timeline of the segment that is being written: a promotion's first row already carries the new one. */
    private static final String RETURNING = " VALUES (?, ?)"
            + " RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int,"
            + " host(inet_server_addr()) || ':' || inet_server_port(),"
            + " (pg_current_wal_insert_lsn() - '0/0')::bigint";

    private final String table;
    private final String insert;
    private final AtomicLong lastId;
    private final AtomicLong attempts = new AtomicLong();
    /** When the latest attempt began that was acknowledged; before the first one, when the journal was opened. */
    private final AtomicLong lastStartNanos = new AtomicLong(System.nanoTime());
    /** Apart, for a queue counts by walking through it. */
    private final AtomicLong acknowledged = new AtomicLong();
    private final Queue<Ack> acks = new ConcurrentLinkedQueue<>();
    private final Queue<FaultMark> faults = new ConcurrentLinkedQueue<>();
    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();

    private Journal(String table, long lastId) {
        this.table = table;
        this.insert = "INSERT INTO " + table + RETURNING;
        this.lastId = new AtomicLong(lastId);
    }

    /** Makes the table where it is not there yet, and goes on after its last id. */
    static Journal open(Target primary, String table) {
        try {
            primary.query("CREATE TABLE IF NOT EXISTS " + table + " (id bigint PRIMARY KEY, member text)");
            String last = primary.query("SELECT coalesce(max(id), 0) FROM " + table).get(0).get(0);
            // An attempt that an earlier run never heard of may yet arrive: stay clear of it.
            return new Journal(table, Long.parseLong(last) + 10_000);
        } catch (SQLException e) {
            throw new IllegalStateException("no table " + table + " on " + primary, e);
        }
    }

    /**
     * One attempt: an id that was never used and never will be again.
     *
     * @param member whom to write down; empty: whoever answers, by address and port
     * @return whether it was acknowledged
     */
    boolean insert(Connection connection, String member) throws SQLException {
        long id = lastId.incrementAndGet();
        attempts.incrementAndGet();
        long startNanos = System.nanoTime();
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            statement.setLong(1, id);
            statement.setString(2, member);
            try (ResultSet result = statement.executeQuery()) {
                long endNanos = System.nanoTime();
                result.next();
                for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
                    warnings.add(id + ": " + w.getMessage());
                    return false;
                }
                acks.add(new Ack(id, member.isEmpty() ? result.getString(2) : member, result.getInt(1),
                        result.getLong(3), startNanos, endNanos));
                lastStartNanos.accumulateAndGet(startNanos, (a, b) -> b - a > 0 ? b : a);
                acknowledged.incrementAndGet();
                return true;
            }
        }
    }

    void mark(FaultMark fault) {
        faults.add(fault);
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** Whether an attempt that began after an instant has been acknowledged. */
    boolean acknowledgedAfter(long nanos) {
        return acknowledged() > 0 && lastStartNanos.get() - nanos > 0;
    }

    /** Judges the run by what the final primary has. */
    Report report(Target finalPrimary, long endNanos) {
        // First what was acknowledged, then what is there: what is acknowledged in between is not missing.
        List<Ack> known = List.copyOf(acks);
        Set<Long> present = new HashSet<>();
        List<List<String>> rows = Eventually.get(Duration.ofSeconds(10), "the rows of " + finalPrimary.member(),
                () -> Optional.of(finalPrimary.query("SELECT id FROM " + table)));
        rows.forEach(row -> present.add(Long.parseLong(row.get(0))));
        return Report.of(known, List.copyOf(faults), present, List.copyOf(warnings), attempts.get(),
                endNanos);
    }
}
