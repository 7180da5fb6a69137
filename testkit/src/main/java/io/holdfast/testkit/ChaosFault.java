package io.holdfast.testkit;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A fault to come. It names seats, not members: who is primary when its round begins sits on seat 0, the standbys in their order
 * on 1 and up. So a plan does not depend on who happens to lead.
 *
 * @param kind what is done
 * @param seats to whom, in an order that matters for a link that is cut one way: from the first to the second
 * @param atMillis when, from its round's begin on
 * @param holdMillis for how long, 0 where there is nothing to undo
 */
public record ChaosFault(ChaosKind kind, List<Integer> seats, long atMillis, long holdMillis) {
    /** Takes an immutable copy. */
    public ChaosFault {
        seats = List.copyOf(seats);
        if (seats.isEmpty() || atMillis < 0 || holdMillis < 0 || kind.isLasting() != (holdMillis > 0)) {
            throw new IllegalArgumentException(
                    kind + " of " + seats + " from " + atMillis + " ms on for " + holdMillis + " ms");
        }
    }

    /** When it is undone, from its round's begin on. */
    public long endMillis() {
        return atMillis + holdMillis;
    }

    /** What it breaks, each thing with the seats that it belongs to. */
    public Set<String> touched() {
        Set<String> touched = new TreeSet<>();
        for (ChaosKind.Part part : kind.parts()) {
            if (kind.scope() == ChaosKind.Scope.LINK) {
                touched.add(part + " " + new TreeSet<>(seats));
            } else {
                seats.forEach(seat -> touched.add(part + " " + seat));
            }
        }
        return touched;
    }

    /** Whether both are in force at some instant. */
    public boolean overlaps(ChaosFault other) {
        return atMillis <= other.endMillis() && other.atMillis <= endMillis();
    }

    /** {@code kill-host(0) at 0 ms for 3500 ms}. */
    @Override
    public String toString() {
        String name = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
        String where = String.join(",", seats.stream().map(String::valueOf).toList());
        return name + "(" + where + ") at " + atMillis + " ms" + (holdMillis > 0 ? " for " + holdMillis + " ms" : "");
    }
}
