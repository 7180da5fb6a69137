package io.holdfast.replication.redis;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What is kept in the shared state beside the views. */
public final class RedisRecords {
    private RedisRecords() {}

    /**
     * What is known to be wrong with a master; each change of it is an event.
     *
     * @param open what
     */
    public record Known(List<Open> open) {
        /** Nothing. */
        public static final Known NOTHING = new Known(List.of());

        /** Takes an immutable copy. */
        public Known {
            open = List.copyOf(open);
        }
    }

    /**
     * One thing that is wrong, or advised.
     *
     * @param key what it is the same by
     * @param text in words
     * @param severity how bad
     * @param since when it was first seen
     */
    public record Open(String key, String text, String severity, Instant since) {
        /** Instead of how bad it is: it is what should be done. */
        public static final String ADVICE = "advice";

        /** True for what should be done. */
        public boolean isAdvice() {
            return severity.equals(ADVICE);
        }
    }

    /**
     * The last thing that was done about a master.
     *
     * @param word what
     * @param by by whose agent
     * @param where at which address
     * @param command how
     * @param why why
     * @param at when
     */
    public record Deed(String word, String by, String where, String command, String why, Instant at) {}

    /**
     * A planned failover that is under way: what must be put back, whatever becomes of it.
     *
     * @param operation its id
     * @param by whose agent carries it out
     * @param priorities the replicas' priorities by address, as they were
     * @param at when it began
     */
    public record Underway(String operation, String by, Map<String, Integer> priorities, Instant at) {
        /** Takes an immutable copy. */
        public Underway {
            priorities = Map.copyOf(priorities);
        }
    }
}
