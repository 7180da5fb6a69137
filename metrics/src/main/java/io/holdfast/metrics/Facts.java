package io.holdfast.metrics;

import java.util.List;
import java.util.Set;

/**
 * What was found by one look, for rules to judge.
 *
 * @param samples what was found
 * @param silent the names of what could not be looked at: that nothing is said of them says nothing
 */
public record Facts(List<Sample> samples, Set<String> silent) {
    /** Nothing. */
    public static final Facts NONE = new Facts(List.of(), Set.of());

    /** Takes immutable copies. */
    public Facts {
        samples = List.copyOf(samples);
        silent = Set.copyOf(silent);
    }
}
