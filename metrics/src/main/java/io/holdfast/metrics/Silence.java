package io.holdfast.metrics;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * That nobody wants to be told of some alerts for a while.
 *
 * @param id its short name
 * @param rule the alerts of this rule; empty: of all rules
 * @param labels that have at least these labels
 * @param until when it ends by itself
 * @param by who asked for it
 * @param reason why
 * @param at since when
 */
public record Silence(String id, String rule, SortedMap<String, String> labels, Instant until, String by, String reason,
        Instant at) {
    /** Takes an immutable copy. */
    public Silence {
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /** True when it holds, and the alert is one of those. */
    public boolean covers(Alert alert, Instant now) {
        return now.isBefore(until) && (rule.isEmpty() || rule.equals(alert.rule()))
                && alert.labels().entrySet().containsAll(labels.entrySet());
    }
}
