package io.holdfast.metrics;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What rules make of facts, and of what was known before. An alert never ends because nobody could look: only because the value is
 * well again, because what it was about is not there any more, or because its rule is off.
 *
 * @param alerts what is known now: what is pending, firing, and what ended lately
 * @param fired those of them that fire since this round
 * @param resolved those of them that are over since this round
 * @param changed false when it need not be written down: at most what was measured is new
 */
public record AlertRound(List<Alert> alerts, List<Alert> fired, List<Alert> resolved, boolean changed) {
    /** For so long what is over is remembered, and is tried to be told. */
    public static final Duration KEPT = Duration.ofHours(1);
    /** More alerts than this nobody reads: no more are made. */
    static final int MOST = 200;

    /** Takes immutable copies. */
    public AlertRound {
        alerts = List.copyOf(alerts);
        fired = List.copyOf(fired);
        resolved = List.copyOf(resolved);
    }

    /**
     * One round.
     *
     * @param rules those that are on
     * @param facts what was found
     * @param known what the last round made
     * @param now by the same clock as in the last round; one that went back delays, and undoes nothing
     */
    public static AlertRound of(List<AlertRule> rules, Facts facts, List<Alert> known, Instant now) {
        Making making = new Making(facts, known, now);
        rules.forEach(making::judge);
        return making.done(known, "its rule is switched off");
    }

    /** The last round about something that is no more. */
    public static AlertRound last(List<Alert> known, String why, Instant now) {
        return new Making(Facts.NONE, known, now).done(known, why);
    }

    private static boolean isOther(List<Alert> known, List<Alert> alerts) {
        Map<String, Alert> before = new LinkedHashMap<>();
        known.forEach(alert -> before.put(alert.name(), alert));
        return known.size() != alerts.size() || alerts.stream().anyMatch(alert -> {
            Alert old = before.get(alert.name());
            return old == null || old.isOtherThan(alert);
        });
    }

    private static final class Making {
        private final Facts facts;
        private final Instant now;
        private final Map<String, Alert> before = new LinkedHashMap<>();
        private final Map<String, Alert> after = new LinkedHashMap<>();
        private final List<Alert> fired = new ArrayList<>();
        private final List<Alert> resolved = new ArrayList<>();
        private final Map<String, Map<SortedMap<String, String>, Double>> values = new LinkedHashMap<>();

        Making(Facts facts, List<Alert> known, Instant now) {
            this.facts = facts;
            this.now = now;
            known.forEach(alert -> before.put(alert.name(), alert));
            for (Sample sample : facts.samples()) {
                if (!Double.isNaN(sample.value())) {
                    values.computeIfAbsent(sample.name(), name -> new LinkedHashMap<>())
                            .put(sample.labels(), sample.value());
                }
            }
        }

        void judge(AlertRule rule) {
            Map<SortedMap<String, String>, Double> found = values.getOrDefault(rule.metric(), Map.of());
            found.forEach((labels, value) -> judge(rule, labels, value));
            Set<SortedMap<String, String>> gone = new HashSet<>();
            before.values()
                    .stream()
                    .filter(alert -> alert.rule().equals(rule.name()) && !found.containsKey(alert.labels()))
                    .forEach(alert -> gone.add(alert.labels()));
            for (SortedMap<String, String> labels : gone) {
                Alert alert = take(rule.name(), labels);
                if (alert != null) {
                    keep(facts.silent().contains(rule.metric()) ? alert : over(alert, "it is not there any more"));
                }
            }
        }

        private void judge(AlertRule rule, SortedMap<String, String> labels, double value) {
            Alert old = take(rule.name(), labels);
            boolean broken = rule.bound().isBroken(value);
            if (old == null) {
                if (broken && before.size() + after.size() < MOST) {
                    keep(due(new Alert(rule.name(), labels, rule.severity(), Alert.State.PENDING, now, null, null, null,
                            value, now, rule.about(labels, value), rule.runbook()), rule));
                }
                return;
            }
            if (old.state() == Alert.State.RESOLVED) {
                // It stays what it is until it fires anew: who was told of it must hear that it was over.
                Alert again = broken ? old.brokenAgain(now) : old.wellAgain();
                Alert next = broken ? due(again.seen(rule, value, now), rule) : again;
                keep(next.state() == Alert.State.FIRING ? next : again);
                return;
            }
            Alert seen = old.seen(rule, value, now);
            if (seen.state() == Alert.State.PENDING) {
                keep(broken ? due(seen, rule) : null);
            } else {
                keep(firing(seen, rule));
            }
        }

        private Alert due(Alert pending, AlertRule rule) {
            if (now.isBefore(pending.since().plus(rule.pending()))) {
                return pending;
            }
            Alert firing = pending.fired(now);
            fired.add(firing);
            return firing;
        }

        private @Nullable Alert firing(Alert alert, AlertRule rule) {
            if (!rule.bound().isMended(alert.value())) {
                return alert.mended(null);
            }
            Alert mended = alert.mendedAt() == null ? alert.mended(now) : alert;
            Instant since = mended.mendedAt();
            return since != null && now.isBefore(since.plus(rule.keep())) ? mended : over(mended, "");
        }

        /** Pending, nobody was told, and it leaves no trace. */
        private @Nullable Alert over(Alert alert, String why) {
            return switch (alert.state()) {
                case PENDING -> null;
                case RESOLVED -> alert;
                case FIRING -> {
                    Alert ended = alert.ended(now, why);
                    resolved.add(ended);
                    yield ended;
                }
            };
        }

        /** With what no rule was there to judge. */
        AlertRound done(List<Alert> known, String why) {
            before.values().forEach(alert -> keep(over(alert, why)));
            List<Alert> alerts = List.copyOf(after.values());
            return new AlertRound(alerts, fired, resolved, isOther(known, alerts));
        }

        private @Nullable Alert take(String rule, SortedMap<String, String> labels) {
            return before.remove(rule + new TreeMap<>(labels));
        }

        private void keep(@Nullable Alert alert) {
            if (alert != null
                    && (alert.endedAt() == null || now.isBefore(alert.endedAt().plus(KEPT)))) {
                after.put(alert.name(), alert);
            }
        }
    }
}
