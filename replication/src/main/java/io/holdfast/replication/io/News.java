package io.holdfast.replication.io;

import io.holdfast.statesync.EventType;
import java.util.Map;

/** Hears what happened and somebody may ask about later. */
@FunctionalInterface
public interface News {
    /**
     * Something happened.
     *
     * @param type what kind
     * @param text what and why, one sentence
     * @param details facts for programs
     */
    void tell(EventType type, String text, Map<String, String> details);
}
