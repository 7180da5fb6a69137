package io.holdfast.testkit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * WAL that a member gave up, as the cluster tells it.
 *
 * @param timeline PostgreSQL's number of the timeline that it was on
 * @param from its begin
 * @param to its end
 */
public record Discarded(int timeline, long from, long to) {
    /** How much it is. */
    public long bytes() {
        return to - from;
    }

    /**
     * What one client saw, against what the cluster tells: every acknowledged commit in the WAL that was given up is missing, and
     * nothing else is. A row's position is known, its commit's is a little later: one row from before the begin may be missing.
     *
     * @param report what the client saw
     * @param told all that was given up meanwhile
     * @return what does not fit, for a person; empty when all does
     */
    public static List<String> contradictions(Report report, Collection<Discarded> told) {
        List<String> wrong = new ArrayList<>();
        Set<Long> missing = report.missing();
        for (Ack ack : report.acks()) {
            boolean gone = told.stream().anyMatch(d -> d.holds(ack));
            if (gone && !missing.contains(ack.id())) {
                wrong.add("id " + ack.id() + " is there, and in the WAL that was given up");
            }
            if (!gone && missing.contains(ack.id()) && told.stream().noneMatch(d -> d.begins(ack, report.acks()))) {
                wrong.add("id " + ack.id() + " is missing, and not in the WAL that was given up");
            }
        }
        return wrong;
    }

    private boolean holds(Ack ack) {
        return ack.timeline() == timeline && ack.lsn() >= from && ack.lsn() < to;
    }

    /** The row is the last one before the begin. */
    private boolean begins(Ack ack, List<Ack> all) {
        return ack.timeline() == timeline && ack.lsn() < from
                && all.stream().noneMatch(a -> a.timeline() == timeline && a.lsn() < from && a.lsn() > ack.lsn());
    }
}
