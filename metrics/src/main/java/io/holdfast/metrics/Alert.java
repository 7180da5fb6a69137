package io.holdfast.metrics;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of a rule for one set of labels.
 *
 * @param rule the rule's name
 * @param labels what it is about
 * @param severity how bad it is
 * @param state what has become of it
 * @param since since when the rule's bound is broken; of one that is over, later than {@code endedAt} when it is broken anew
 * @param firedAt since when people are told; null while it is pending
 * @param mendedAt firing: since when the bound is broken no longer; else null
 * @param endedAt resolved: when it ended; else null
 * @param value what was measured last
 * @param seenAt when that was
 * @param text what is the matter, one sentence for people
 * @param runbook the name of a page of docs/runbooks, or a URL; empty: none
 */
public record Alert(String rule, SortedMap<String, String> labels, AlertRule.Severity severity, State state,
        Instant since, @Nullable Instant firedAt, @Nullable Instant mendedAt, @Nullable Instant endedAt, double value,
        Instant seenAt, String text, String runbook) {
    private static final int ID_BYTES = 8;

    /** Takes an immutable copy. */
    public Alert {
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /** What becomes of an alert. */
    public enum State {
        /** The bound is broken, not yet for long enough. */
        PENDING,
        /** It is somebody's business. */
        FIRING,
        /** It was. */
        RESOLVED
    }

    /** What it is the same by, on every agent and at every time: a short number of rule and labels. */
    public String id() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Rule and labels, such as {@code disk-low{member=db1}}. */
    public String name() {
        return rule + labels;
    }

    /** True when it differs in what anybody must know at once; what was measured last is not of it. */
    boolean isOtherThan(Alert other) {
        return !as(other).equals(this);
    }

    private Alert as(Alert other) {
        return new Alert(other.rule, other.labels, other.severity, other.state, other.since, other.firedAt,
                other.mendedAt, other.endedAt, value, seenAt, text, other.runbook);
    }

    /** The same, measured again, by the rule as it is now. */
    Alert seen(AlertRule by, double now, Instant at) {
        return new Alert(rule, labels, by.severity(), state, since, firedAt, mendedAt, endedAt, now, at,
                by.about(labels, now), by.runbook());
    }

    /** Of one that is over: since when its bound is broken anew. */
    Alert brokenAgain(Instant now) {
        return endedAt == null || since.isAfter(endedAt)
                ? this
                : from(now.isAfter(endedAt) ? now : endedAt.plusMillis(1));
    }

    /** Of one that is over: its bound is not broken anew. */
    Alert wellAgain() {
        return endedAt == null || firedAt == null || !since.isAfter(endedAt) ? this : from(firedAt);
    }

    private Alert from(Instant begin) {
        return new Alert(rule, labels, severity, state, begin, firedAt, mendedAt, endedAt, value, seenAt, text,
                runbook);
    }

    Alert fired(Instant at) {
        return new Alert(rule, labels, severity, State.FIRING, since, at, null, null, value, seenAt, text, runbook);
    }

    Alert mended(@Nullable Instant at) {
        return new Alert(rule, labels, severity, state, since, firedAt, at, null, value, seenAt, text, runbook);
    }

    /** The same, over, with the reason behind its text where that is not that the value is well again. */
    public Alert ended(Instant at, String why) {
        return new Alert(rule, labels, severity, State.RESOLVED, since, firedAt, null, at, value, seenAt,
                why.isEmpty() ? text : text + " (over: " + why + ")", runbook);
    }
}
