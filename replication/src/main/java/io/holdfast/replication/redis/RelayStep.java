package io.holdfast.replication.redis;

import java.util.OptionalLong;

/**
 * What is to be handed on to Redis next. The stream there says by its last id how far it has come, whoever wrote it, and whatever a
 * failover took from it: so nothing is remembered elsewhere, and nothing queues.
 */
public sealed interface RelayStep {
    /** All that this agent knows of is there. */
    record Rest() implements RelayStep {}

    /**
     * What follows a number is to be appended, as many as go together.
     *
     * @param after the number
     */
    record Append(long after) implements RelayStep {}

    /**
     * The stream has a number that this agent does not: is it behind, or is that one of another history? A majority knows.
     *
     * @param number the number
     */
    record Confirm(long number) implements RelayStep {}

    /**
     * Some numbers are not kept any more, or the stream's are those of another history: that is said in their place.
     *
     * @param after the last number that the stream has
     * @param next the number that follows
     * @param why why
     * @param anew whether the stream begins anew, since ids only grow
     */
    record Gap(long after, long next, String why, boolean anew) implements RelayStep {
        /** Its id: after the one before, and before the next event. */
        public StreamId id() {
            return new StreamId(next - 1, 1);
        }
    }

    /**
     * An id of the stream: that of an event is its number and 0.
     *
     * @param number the number of the last event that is there, or said not to be
     * @param part 0: an event; else what was said of a gap, or somebody else's
     */
    record StreamId(long number, long part) {
        /** Of a stream that has nothing. */
        public static final StreamId NONE = new StreamId(0, 0);

        /** As Redis writes it; numbers that are greater than any of ours are the greatest. */
        public static StreamId of(String text) {
            String[] parts = text.split("-", 2);
            return new StreamId(number(parts[0]), parts.length < 2 ? 0 : number(parts[1]));
        }

        private static long number(String text) {
            return text.matches("\\d{1,18}") ? Long.parseLong(text) : Long.MAX_VALUE;
        }

        /** That of an event. */
        public static StreamId event(long number) {
            return new StreamId(number, 0);
        }

        @Override
        public String toString() {
            return number + "-" + part;
        }
    }

    /**
     * Decides.
     *
     * @param end the last id that the stream ever had
     * @param first the number of the oldest event that this agent knows of; 1 when there is none
     * @param last that of the newest; 0 when there is none
     * @param confirmed that of the newest which a majority knows, asked after the end of the stream; empty: nobody was asked
     */
    static RelayStep of(StreamId end, long first, long last, OptionalLong confirmed) {
        if (end.number() > last) {
            if (confirmed.isEmpty()) {
                return new Confirm(end.number());
            }
            return confirmed.getAsLong() >= end.number()
                    ? new Rest()
                    : new Gap(end.number(), first, "the cluster has no event of this number", true);
        }
        if (end.number() == last) {
            return new Rest();
        }
        return end.number() < first - 1
                ? new Gap(end.number(), first, "the cluster keeps the newest events only", false)
                : new Append(end.number());
    }
}
