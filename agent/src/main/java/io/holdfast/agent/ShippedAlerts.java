package io.holdfast.agent;

import io.holdfast.config.AlertSetting;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Spelling;
import io.holdfast.metrics.AlertRule;
import io.holdfast.metrics.AlertRule.Bound;
import io.holdfast.metrics.AlertRule.Severity;
import io.holdfast.metrics.AlertRule.Side;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The alert rules that every cluster has, and what its settings make of them. */
public final class ShippedAlerts {
    /** Told by each agent for itself, since nobody can write down who tells it: no majority is heard. */
    public static final String NO_QUORUM = "no-quorum";

    private static final Duration AT_ONCE = Duration.ZERO;
    private static final Duration SHORTLY = Duration.ofSeconds(30);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final double GIB = 1L << 30;

    private static final List<AlertRule> RULES = List.of(
            rule("no-primary", Fact.PRIMARY_MISSING, Bound.above(0), SHORTLY, Severity.CRITICAL, "primary-lost",
                    "nobody takes writes"),
            rule("failover-happened", Fact.FAILOVER_AGE, Bound.below(900), AT_ONCE, Severity.WARNING, "primary-lost",
                    "{member} took over in epoch {epoch}"),
            rule("no-sync-standby", Fact.SYNC_STANDBYS, Bound.below(1), SHORTLY, Severity.CRITICAL,
                    "no-standby-in-sync-set",
                    "commits wait for nobody: only the primary has what it acknowledges"),
            rule("replication-lag", Fact.LAG_SECONDS, Bound.above(60).until(30), MINUTE, Severity.WARNING,
                    "standby-far-behind", "the replay of {member} is {value} s late"),
            rule("replication-lag-bytes", Fact.LAG_BYTES, Bound.above(GIB).until(GIB / 2), MINUTE, Severity.WARNING,
                    "standby-far-behind", "{member} lacks {value} bytes of WAL"),
            rule("slot-retention", Fact.SLOT_RETAINED, Bound.above(5 * GIB).until(4 * GIB), AT_ONCE, Severity.WARNING,
                    "standby-far-behind", "the slot {slot} on {member} keeps {value} bytes of WAL"),
            rule("archive-stuck", Fact.ARCHIVE_WAIT, Bound.above(300).until(60), AT_ONCE, Severity.CRITICAL,
                    "wal-disk-full", "WAL of {member} has waited for {value} s to be archived"),
            rule("backup-not-proved", Fact.PROOF_AGE, Bound.above(8 * 86_400), AT_ONCE, Severity.WARNING,
                    "drill-failed", "no trial restore has proved a backup for {value} s"),
            rule("drill-failed", Fact.DRILL_FAILED, Bound.above(0), AT_ONCE, Severity.CRITICAL, "drill-failed",
                    "the last trial restore failed"),
            rule("disk-low", Fact.DISK_FREE, Bound.below(10).until(15), AT_ONCE, Severity.WARNING, "disk-full",
                    "{value} % of the disk of {member} is free"),
            rule("disk-fails", Fact.DISK_FAILING, Bound.above(0), AT_ONCE, Severity.CRITICAL, "disk-full",
                    "the disk of {member} cannot be written, or does not answer"),
            rule("wraparound", Fact.TRANSACTION_AGE, Bound.above(1e9).until(9e8), AT_ONCE, Severity.CRITICAL,
                    "wraparound",
                    "the oldest transaction that {member} must keep apart is {value} transactions old"),
            rule(NO_QUORUM, Fact.QUORUM_LOST, Bound.above(0), Duration.ofSeconds(15), Severity.CRITICAL, "no-majority",
                    "{member} hears no majority of agents"),
            rule("quorum-at-risk", Fact.AGENTS_TO_LOSE, Bound.below(1), SHORTLY, Severity.WARNING, "no-majority",
                    "one agent more that is lost, and there is no majority"),
            rule("agent-gone", Fact.AGENT_MISSING, Bound.above(0), SHORTLY, Severity.WARNING, "agent-down",
                    "the agent of {member} does not answer"),
            rule("member-failed", Fact.MEMBER_FAILED, Bound.above(0), AT_ONCE, Severity.CRITICAL, "member-not-well",
                    "{member} has failed and waits for somebody"),
            rule("member-not-well", Fact.MEMBER_UNWELL, Bound.above(0), Duration.ofMinutes(5), Severity.WARNING,
                    "member-not-well", "{member} is neither primary nor does it stream"),
            rule("redis-fails", Fact.REDIS_CRITICAL, Bound.above(0), AT_ONCE, Severity.CRITICAL, "redis-master-fails",
                    "Redis {master}: {finding}"),
            rule("redis-warning", Fact.REDIS_WARNING, Bound.above(0), MINUTE, Severity.WARNING,
                    "redis-sentinels-disagree", "Redis {master}: {finding}"),
            rule("certificate-expiry", Fact.CERTIFICATE_DAYS, Bound.below(14).until(15), AT_ONCE, Severity.WARNING,
                    "certificates", "{file} of {member} ends in {value} days"),
            rule("clock-skew", Fact.CLOCK_SKEW, Bound.above(2).until(1), MINUTE, Severity.WARNING, "clock",
                    "the clock of {member} is {value} s apart from those of the others"));

    private ShippedAlerts() {}

    private static AlertRule rule(String name, Fact fact, Bound bound, Duration pending, Severity severity,
            String runbook, String summary) {
        return new AlertRule(name, fact.metric(), bound, pending, AT_ONCE, severity, summary, runbook);
    }

    /** Those that are shipped, as they are. */
    public static List<AlertRule> all() {
        return RULES;
    }

    /** What holds by the settings; a rule of theirs that is not whole is left out: {@link #problems} tells of it. */
    public static List<AlertRule> of(Map<String, AlertSetting> settings) {
        Map<String, AlertRule> rules = new LinkedHashMap<>();
        RULES.forEach(rule -> rules.put(rule.name(), rule));
        settings.forEach((name, setting) -> {
            AlertRule shipped = rules.remove(name);
            if (setting.enabled() && why(name, setting, shipped).isEmpty()) {
                rules.put(name, made(name, setting, shipped));
            }
        });
        return List.copyOf(rules.values());
    }

    /** All that is wrong with rules of settings. */
    public static List<ConfigProblem> problems(Map<String, AlertSetting> settings) {
        List<ConfigProblem> problems = new ArrayList<>();
        settings.forEach((name, setting) -> {
            AlertRule shipped = RULES.stream().filter(rule -> rule.name().equals(name)).findFirst().orElse(null);
            why(name, setting, shipped).ifPresent(problems::add);
        });
        return problems;
    }

    private static Optional<ConfigProblem> why(String name, AlertSetting setting, @Nullable AlertRule shipped) {
        String path = "alerts." + name;
        if (setting.above() != null && setting.below() != null) {
            return problem(path, "it is to fire above one value and below another", "Write one of the two.");
        }
        if (shipped == null && setting.enabled()
                && (setting.metric() == null || setting.above() == null && setting.below() == null)) {
            List<String> names = RULES.stream().map(AlertRule::name).toList();
            return problem(path, "no rule of that name is shipped, and one's own needs 'metric' and 'above' or 'below'",
                    Spelling.nearest(name, names)
                            .map(nearest -> "Did you mean 'alerts." + nearest + "'?")
                            .orElse("'holdfast alert rules' lists those that are shipped."));
        }
        try {
            bound(setting, shipped);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return problem(path, "it would be over before it fires",
                    "'until' must be on the good side of the threshold.");
        }
    }

    private static Optional<ConfigProblem> problem(String path, String fact, String hint) {
        return Optional.of(new ConfigProblem("HF-5212", path, 0, fact, hint));
    }

    private static AlertRule made(String name, AlertSetting setting, @Nullable AlertRule shipped) {
        String severity = setting.severity();
        return new AlertRule(name, or(setting.metric(), shipped == null ? "" : shipped.metric()),
                Objects.requireNonNull(bound(setting, shipped)),
                or(setting.pending(), shipped == null ? MINUTE : shipped.pending()),
                or(setting.keep(), shipped == null ? AT_ONCE : shipped.keep()),
                severity != null
                        ? Severity.valueOf(severity.toUpperCase(Locale.ROOT))
                        : shipped == null ? Severity.WARNING : shipped.severity(),
                or(setting.summary(),
                        shipped == null ? setting.metric() + " of {member} is {value}" : shipped.summary()),
                or(setting.runbook(), shipped == null ? "" : shipped.runbook()));
    }

    private static <T> T or(@Nullable T said, T otherwise) {
        return said == null ? otherwise : said;
    }

    /** With another threshold the way back is as far as it was, measured by the threshold. */
    private static @Nullable Bound bound(AlertSetting setting, @Nullable AlertRule shipped) {
        Bound known = shipped == null ? null : shipped.bound();
        Double above = setting.above();
        Double below = setting.below();
        Double until = setting.until();
        if (above == null && below == null) {
            return known == null || until == null ? known : new Bound(known.side(), known.threshold(), until);
        }
        Side side = above != null ? Side.ABOVE : Side.BELOW;
        double threshold = above != null ? above : Objects.requireNonNull(below);
        boolean scaled = known != null && known.side() == side && known.threshold() != 0 && threshold > 0;
        double usual = known != null && scaled ? threshold * (known.clear() / known.threshold()) : threshold;
        return new Bound(side, threshold, until == null ? usual : until);
    }
}
