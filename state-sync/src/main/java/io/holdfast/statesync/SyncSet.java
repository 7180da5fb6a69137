package io.holdfast.statesync;

import java.util.Collection;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which standbys may acknowledge commits, and how many of them must: as recorded in the store, and as set in PostgreSQL's
 * {@code synchronous_standby_names}. R + W > N holds for it: any {@link #quorumToSever} of the members meet any
 * {@code acks} of them.
 *
 * @param members the standbys that count
 * @param acks how many of them must have flushed a commit, 1 to the number of members; 0 if there are none
 */
public record SyncSet(NavigableSet<MemberId> members, int acks) {
    /** Nobody is waited for. */
    public static final SyncSet EMPTY = new SyncSet(Collections.emptyNavigableSet(), 0);

    /**
     * What every standby runs with: a set that nobody can satisfy. So PostgreSQL's flag that makes commits wait is on before
     * it is ever promoted, and a promotion that was not prepared acknowledges nothing.
     */
    public static final SyncSet NOBODY = of(1, java.util.List.of(MemberId.of("nobody", "0")));

    /** Checks the number. */
    public SyncSet {
        members = Collections.unmodifiableNavigableSet(new TreeSet<>(members));
        if (members.isEmpty() ? acks != 0 : acks < 1 || acks > members.size()) {
            throw new IllegalArgumentException(acks + " acknowledgements of " + members.size() + " members");
        }
    }

    /** The set of some members; {@code acks} is cut to their number. */
    public static SyncSet of(int acks, Collection<MemberId> members) {
        return members.isEmpty() ? EMPTY : new SyncSet(new TreeSet<>(members), Math.min(acks, members.size()));
    }

    /** True when nobody is waited for. */
    public boolean isEmpty() {
        return members.isEmpty();
    }

    /** With so many severed no commit can gather its acknowledgements any more: |N| - k + 1. */
    public int quorumToSever() {
        return members.size() - acks + 1;
    }

    /** The value of {@code synchronous_standby_names}. */
    public String toPostgres() {
        return isEmpty()
                ? ""
                : members.stream()
                        .map(m -> '"' + m.toString() + '"')
                        .collect(Collectors.joining(",", "ANY " + acks + " (", ")"));
    }

    @Override
    public String toString() {
        return isEmpty() ? "nobody" : acks + " of " + members;
    }
}
