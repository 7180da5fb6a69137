package io.holdfast.replication.redis.io;

import io.holdfast.statesync.Event;

/** How what is handed on is written: as the API's own stream of events writes it. */
public interface RelayText {
    /** The word for what is said of numbers that are missing. */
    String GAP = "gap";

    /** An event, one line. */
    String event(Event event);

    /**
     * That numbers are missing, one line.
     *
     * @param after the last that was there
     * @param next the one that follows
     * @param why why
     */
    String gap(long after, long next, String why);
}
