package io.holdfast.agent.io.alerts;

import io.holdfast.agent.AlertReport;
import io.holdfast.agent.ClusterFacts;
import io.holdfast.agent.Fact;
import io.holdfast.agent.MemberFacts;
import io.holdfast.agent.ShippedAlerts;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.AlertRound;
import io.holdfast.metrics.AlertRule;
import io.holdfast.metrics.Facts;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds alerts and writes them down: each agent those of its own member, the first of those that are there those of the cluster.
 * Without a majority nothing can be written down, and so nothing changes, but for that itself.
 */
public final class AlertKeeper {
    private static final Duration BETWEEN = Duration.ofSeconds(2);
    /** What was measured is written down anew after this time, where nothing else is. */
    private static final Duration REFRESH = Duration.ofSeconds(30);

    private final MemberName self;
    private final Look look;
    private final AlertBook book;
    private final Registry registry;
    private final News news;
    private final Supplier<Instant> clock;
    private volatile List<Alert> aside = List.of();
    /** Rounds whose writing was not confirmed, by key; only the loop's thread touches them. */
    private final Map<String, Unconfirmed> unconfirmed = new HashMap<>();

    /** What a round may turn out to have written. */
    private record Unconfirmed(AlertBook.Page page, AlertRound round) {}

    /** Where facts are found. */
    public interface Look {
        /** Whether a majority is heard. */
        boolean hasQuorum();

        /** The shared state. */
        ClusterState state();

        /** Those of the cluster. */
        Facts ofCluster(ClusterState state, Instant now);

        /** What is found of this member beside the shared state. */
        MemberFacts.Found found(Instant now);
    }

    /** Who hears what happened. */
    public interface News {
        /** Hears it. */
        void tell(EventType type, String text, Map<String, String> details);
    }

    /** Of a member. */
    public AlertKeeper(MemberName self, Look look, AlertBook book, Registry registry, News news,
            Supplier<Instant> clock) {
        this.self = self;
        this.look = look;
        this.book = book;
        this.registry = registry;
        this.news = news;
        this.clock = clock;
    }

    /** One round; gives the pause until the next. */
    public Duration turn() {
        Instant now = clock.get();
        ClusterState state = look.state();
        List<AlertRule> rules = ShippedAlerts.of(state.settings().alerts());
        boolean quorum = look.hasQuorum();
        ofQuorum(rules, quorum, now);
        if (!quorum) {
            return BETWEEN;
        }
        confirm();
        ofMember(rules, state, now);
        if (!state.statuses().isEmpty() && state.statuses().firstKey().equals(self)) {
            ofCluster(rules, state, now);
        }
        return BETWEEN;
    }

    /** What this agent alone knows: that it hears no majority. */
    List<Alert> aside() {
        return aside;
    }

    /** All that is known. */
    public AlertReport report() {
        Set<String> alive = alive(look.state());
        return book.report(aside, alive::contains, clock.get());
    }

    static Set<String> alive(ClusterState state) {
        return state.statuses().keySet().stream().map(MemberName::value).collect(Collectors.toCollection(TreeSet::new));
    }

    // ---- whose rules

    private void ofQuorum(List<AlertRule> rules, boolean quorum, Instant now) {
        AlertRound round = AlertRound.of(
                rules.stream().filter(rule -> rule.metric().equals(Fact.QUORUM_LOST.metric())).toList(),
                MemberFacts.ofQuorum(self, quorum), aside, now);
        aside = round.alerts();
        tell(round);
    }

    private void ofMember(List<AlertRule> rules, ClusterState state, Instant now) {
        List<AlertRule> own = rules.stream()
                .filter(rule -> !isOfCluster(rule) && !rule.metric().equals(Fact.QUORUM_LOST.metric()))
                .toList();
        Facts facts = MemberFacts.of(self, state, look.found(now));
        Set<String> metrics = own.stream()
                .map(AlertRule::metric)
                .filter(metric -> Fact.of(metric).isEmpty())
                .collect(Collectors.toSet());
        Facts all = metrics.isEmpty() ? facts : with(facts, measured(metrics));
        keep(Keys.ALERTS_OF + self, known -> AlertRound.of(own, all, known, now), now);
    }

    private void ofCluster(List<AlertRule> rules, ClusterState state, Instant now) {
        Facts facts = look.ofCluster(state, now);
        List<AlertRule> shared = rules.stream().filter(AlertKeeper::isOfCluster).toList();
        keep(Keys.ALERTS_OF_CLUSTER, known -> AlertRound.of(shared, facts, known, now), now);
        // First: what is told of an alert is written down after the alert, and so a page that is read later has that.
        Map<String, Entry> told = book.allTold();
        Map<String, Versioned<AlertBook.Page>> pages = book.pages();
        pages.keySet()
                .stream()
                .filter(key -> key.startsWith(Keys.ALERTS_OF) && isRemoved(key, state))
                .forEach(key -> keep(key, known -> AlertRound.last(known, "the member was removed", now), now));
        Set<String> ids = pages.values()
                .stream()
                .flatMap(page -> page.value().alerts().stream())
                .map(Alert::id)
                .collect(Collectors.toSet());
        book.clear(told, ids::contains, now);
    }

    private static boolean isRemoved(String key, ClusterState state) {
        MemberName member = new MemberName(key.substring(Keys.ALERTS_OF.length()));
        return !state.members().containsKey(member) && !state.statuses().containsKey(member);
    }

    private static boolean isOfCluster(AlertRule rule) {
        return Fact.of(rule.metric()).map(Fact::isOfCluster).orElse(false);
    }

    /** Of the agent's own metrics; one that has no samples now says nothing. */
    private Facts measured(Set<String> metrics) {
        List<Sample> samples = new ArrayList<>();
        Set<String> silent = new TreeSet<>(metrics);
        for (Sample.Family family : registry.collect()) {
            for (Sample sample : family.samples()) {
                if (metrics.contains(sample.name())) {
                    silent.remove(sample.name());
                    samples.add(new Sample(sample.name(), labelled(sample), sample.value()));
                }
            }
        }
        return new Facts(samples, silent);
    }

    private SortedMap<String, String> labelled(Sample sample) {
        SortedMap<String, String> labels = new TreeMap<>(sample.labels());
        labels.putIfAbsent("member", self.value());
        return labels;
    }

    private static Facts with(Facts one, Facts other) {
        List<Sample> samples = new ArrayList<>(one.samples());
        samples.addAll(other.samples());
        Set<String> silent = new TreeSet<>(one.silent());
        silent.addAll(other.silent());
        return new Facts(samples, silent);
    }

    // ---- what is written down

    private void keep(String key, Function<List<Alert>, AlertRound> judge, Instant now) {
        Versioned<AlertBook.Page> before = book.page(key).orElse(null);
        List<Alert> known = before == null ? List.of() : before.value().alerts();
        AlertRound round = judge.apply(known);
        if (!round.changed() && !isOld(before, now)) {
            return;
        }
        AlertBook.Page page = new AlertBook.Page(now, round.alerts());
        switch (book.write(key, before == null ? 0 : before.version(), page)) {
            case TxnResult.Applied _ -> {
                unconfirmed.remove(key);
                tell(round);
            }
            case TxnResult.Unknown _ -> unconfirmed.put(key, new Unconfirmed(page, round));
            case TxnResult.Conflict _ -> {
                // This agent's copy is behind: the next round sees what there is.
            }
        }
    }

    private static boolean isOld(@Nullable Versioned<AlertBook.Page> page, Instant now) {
        return page != null && !page.value().alerts().isEmpty() && now.isAfter(page.value().at().plus(REFRESH));
    }

    /** What was written after all is told once it shows. */
    private void confirm() {
        unconfirmed.entrySet().removeIf(one -> {
            boolean shows = book.isAs(one.getKey(), one.getValue().page());
            if (shows) {
                tell(one.getValue().round());
            }
            return shows;
        });
    }

    private void tell(AlertRound round) {
        round.fired().forEach(alert -> tell(EventType.ALERT_FIRING, alert));
        round.resolved().forEach(alert -> tell(EventType.ALERT_RESOLVED, alert));
    }

    private void tell(EventType type, Alert alert) {
        Map<String, String> details = new HashMap<>(alert.labels());
        details.put("alert", alert.rule());
        details.put("id", alert.id());
        details.put("severity", alert.severity().name().toLowerCase(Locale.ROOT));
        news.tell(type, alert.rule() + (type == EventType.ALERT_FIRING ? ": " : " is over: ") + alert.text(), details);
    }
}
