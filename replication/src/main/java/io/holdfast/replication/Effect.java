package io.holdfast.replication;

import io.holdfast.statesync.Lsn;

/** How an effect ended. */
public sealed interface Effect {
    /** It happened. */
    record Done() implements Effect {}

    /**
     * It happened, and a position was noted.
     *
     * @param lsn the position
     */
    record Noted(Lsn lsn) implements Effect {}

    /**
     * A transaction of the store was applied.
     *
     * @param revision the version of every record that it wrote
     */
    record Stored(long revision) implements Effect {}

    /**
     * It did not happen, or not wholly.
     *
     * @param why the fact and a hint, with its HF code where a person must act
     */
    record Failed(String why) implements Effect {}

    /**
     * A compare of the store's transaction did not hold: somebody else was first.
     *
     * @param why which
     */
    record Conflicted(String why) implements Effect {}

    /**
     * Nobody confirmed it: it may happen yet.
     *
     * @param why what was seen
     */
    record Unknown(String why) implements Effect {}
}
