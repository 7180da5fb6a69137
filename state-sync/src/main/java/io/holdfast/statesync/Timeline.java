package io.holdfast.statesync;

/**
 * A timeline as the cluster knows it: PostgreSQL's number and the epoch in which it was made. The number alone does not
 * identify it: two members can both promote to timeline 2 in different epochs, and PostgreSQL cannot tell those apart.
 *
 * @param id PostgreSQL's timeline id, 1 and up
 * @param epoch the epoch whose holder made it
 */
public record Timeline(int id, Epoch epoch) implements Comparable<Timeline> {

    /** Short form for tests and messages. */
    public static Timeline of(int id, long epoch) {
        return new Timeline(id, new Epoch(epoch));
    }

    /** The later epoch is the later timeline. */
    @Override
    public int compareTo(Timeline other) {
        int byEpoch = epoch.compareTo(other.epoch);
        return byEpoch != 0 ? byEpoch : Integer.compare(id, other.id);
    }

    @Override
    public String toString() {
        return id + " of epoch " + epoch;
    }
}
