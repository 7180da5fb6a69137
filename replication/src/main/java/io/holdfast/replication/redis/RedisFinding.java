package io.holdfast.replication.redis;

import java.util.List;

/**
 * Something that is wrong.
 *
 * @param kind what
 * @param master under which master's name
 * @param subject with whom: an address, or the master's name
 * @param text what exactly, a sentence without a full stop
 * @param by the agents that see it, in order
 */
public record RedisFinding(FindingKind kind, String master, String subject, String text, List<String> by) {
    /** Takes an immutable copy. */
    public RedisFinding {
        by = List.copyOf(by);
    }

    /** What it is the same by as a moment ago: the kind and the subject. */
    public String key() {
        return kind.word() + " " + subject;
    }
}
