package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.AlertSetting;
import io.holdfast.metrics.AlertRule;
import io.holdfast.metrics.AlertRule.Bound;
import io.holdfast.metrics.AlertRule.Severity;
import io.holdfast.metrics.Facts;
import io.holdfast.metrics.Sample;
import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.redis.RedisRecords;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.DrillProof;
import io.holdfast.statesync.MemberName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules that are shipped, what settings make of them, and the facts that they judge. */
final class ShippedAlertsTest {
    private static final MemberName DB1 = new MemberName("db1");
    private static final Instant NOW = MemoryAgent.AT.plusSeconds(100);
    private static final AlertSetting OFF = new AlertSetting(false, null, null, null, null, null, null, null, null,
            null);
    private static final ClusterFacts.Backups NO_BACKUPS = new ClusterFacts.Backups(false, null);

    private static AlertSetting setting(@Nullable String metric, @Nullable Double above, @Nullable Double below,
            @Nullable Double until) {
        return new AlertSetting(true, metric, above, below, until, null, null, null, null, null);
    }

    @Test
    void eachJudgesAFactAndItsWordsNameLabelsThatThereAre() {
        for (AlertRule rule : ShippedAlerts.all()) {
            Fact fact = Fact.of(rule.metric()).orElseThrow();
            Set<String> known = new HashSet<>(fact.labels());
            known.add("value");
            Set<String> named = Pattern.compile("\\{(\\w+)}")
                    .matcher(rule.summary())
                    .results()
                    .map(found -> found.group(1))
                    .collect(Collectors.toSet());
            assertTrue(known.containsAll(named), rule.name() + " names " + named);
        }
        assertEquals(Set.of(Fact.values()),
                ShippedAlerts.all()
                        .stream()
                        .map(rule -> Fact.of(rule.metric()).orElseThrow())
                        .collect(Collectors.toSet()),
                "each fact has a rule");
    }

    @Test
    void settingsSwitchOffChangeAndAdd() {
        List<AlertRule> rules = ShippedAlerts.of(Map.of("disk-fails", OFF, "replication-lag",
                setting(null, 10.0, null, null), "disk-low", setting(null, null, 20.0, 40.0), "files",
                setting("process_open_fds", 900.0, null, null)));
        assertEquals(ShippedAlerts.all().size(), rules.size());
        assertTrue(rules.stream().noneMatch(rule -> rule.name().equals("disk-fails")));
        AlertRule lag = named(rules, "replication-lag");
        assertEquals(Bound.above(10).until(5), lag.bound(), "the way back is as far as it was");
        assertEquals(Duration.ofMinutes(1), lag.pending());
        assertEquals(Bound.below(20).until(40), named(rules, "disk-low").bound());
        AlertRule own = named(rules, "files");
        assertEquals(Severity.WARNING, own.severity());
        assertEquals("process_open_fds of {member} is {value}", own.summary());
    }

    @Test
    void whatIsNotWholeIsToldAndLeftOut() {
        Map<String, AlertSetting> wrong = Map.of("replication-lagg", setting(null, 10.0, null, null), "files",
                setting("process_open_fds", null, null, null), "both", setting("x", 1.0, 2.0, null), "disk-low",
                setting(null, null, null, 5.0));
        List<String> problems = ShippedAlerts.problems(wrong).stream().map(Object::toString).sorted().toList();
        assertEquals(4, problems.size(), problems.toString());
        assertTrue(problems.toString().contains("alerts.replication-lag'"), problems.toString());
        assertEquals(ShippedAlerts.all().size() - 1, ShippedAlerts.of(wrong).size());
        assertEquals(List.of(), ShippedAlerts.problems(Map.of("gone", OFF)));
    }

    private static AlertRule named(List<AlertRule> rules, String name) {
        return rules.stream().filter(rule -> rule.name().equals(name)).findFirst().orElseThrow();
    }

    // ---- the facts

    @Test
    void findsWhatIsWrongWithTheCluster() {
        Facts facts = ClusterFacts.of(made(new MemoryAgent().state), 3,
                new ClusterFacts.Backups(true, new DrillProof(NOW.minusSeconds(50), true, "b", NOW)),
                Map.of("cache", new ClusterFacts.Redis(false, new RedisRecords.Known(
                        List.of(new RedisRecords.Open("tilt s1", "t", "critical", NOW),
                                new RedisRecords.Open("advice x", "a", RedisRecords.Open.ADVICE, NOW))))),
                NOW);
        assertEquals(0, value(facts, Fact.PRIMARY_MISSING, ""));
        assertEquals(1, value(facts, Fact.AGENT_MISSING, "db3"));
        assertEquals(0, value(facts, Fact.AGENT_MISSING, "db2"));
        assertEquals(0, value(facts, Fact.AGENTS_TO_LOSE, ""), "two of three are there");
        assertEquals(50, value(facts, Fact.PROOF_AGE, ""));
        assertEquals(1, value(facts, Fact.DRILL_FAILED, ""));
        assertEquals(1, facts.samples().stream().filter(one -> one.name().startsWith("redis_")).count());
        assertTrue(facts.silent().contains(Fact.REDIS_CRITICAL.metric()), "nobody looks at it now");
    }

    @Test
    void aClusterOfTwoHasNoneToLoseAndOneWithoutBackupsNoProof() {
        Facts facts = ClusterFacts.of(new MemoryAgent().state, 2, NO_BACKUPS, Map.of(), NOW);
        assertEquals(List.of(), facts.samples()
                .stream()
                .map(Sample::name)
                .filter(Set.of(Fact.AGENTS_TO_LOSE.metric(), Fact.PROOF_AGE.metric())::contains)
                .toList());
    }

    @Test
    void ofAPrimaryThatDoesNotTellNothingIsKnown() {
        MemoryAgent agent = new MemoryAgent();
        Facts silent = MemberFacts.of(DB1, agent.state, new MemberFacts.Found(agent.reading, null,
                OptionalDouble.empty(), Map.of("own", 3.0), OptionalDouble.empty()));
        assertTrue(silent.silent()
                .containsAll(Set.of(Fact.SLOT_RETAINED.metric(), Fact.TRANSACTION_AGE.metric(),
                        Fact.ARCHIVE_WAIT.metric(), Fact.CERTIFICATE_DAYS.metric(), Fact.CLOCK_SKEW.metric())),
                silent.silent().toString());
        assertEquals(3, value(silent, Fact.CERTIFICATE_DAYS, "db1"));
        Facts told = MemberFacts.of(DB1, agent.state, new MemberFacts.Found(agent.reading,
                new Headroom(Map.of("a", 5L), 7), null, Map.of("own", 3.0, "authority", 9.0), OptionalDouble.of(2)));
        assertEquals(5, value(told, Fact.SLOT_RETAINED, "db1"));
        assertEquals(7, value(told, Fact.TRANSACTION_AGE, "db1"));
        assertEquals(0, value(told, Fact.MEMBER_UNWELL, "db1"));
        assertTrue(told.silent().stream().noneMatch(Fact.SLOT_RETAINED.metric()::equals));
        Facts absent = MemberFacts.of(DB1, agent.state, new MemberFacts.Found(new LocalPostgres.Absent(), null, null,
                Map.of(), OptionalDouble.empty()));
        assertTrue(absent.silent().stream().noneMatch(Fact.SLOT_RETAINED.metric()::equals), "its slots are gone");
    }

    @Test
    void ofAMemberWithoutAStatusNothingIsKnown() {
        Facts facts = MemberFacts.of(new MemberName("db3"), new MemoryAgent().state,
                new MemberFacts.Found(new LocalPostgres.Absent(), null, null, Map.of(), OptionalDouble.empty()));
        assertEquals(List.of(), facts.samples());
        assertTrue(facts.silent().contains(Fact.MEMBER_FAILED.metric())
                && facts.silent().contains(Fact.LAG_BYTES.metric()));
    }

    /** The same cluster, as one that has had its first primary. */
    private static ClusterState made(ClusterState s) {
        return new ClusterState(s.revision(), new ClusterRecord("orders", "1", MemoryAgent.AT), s.settings(),
                s.leadership(), s.leaseAlive(), s.position(), s.sync(), s.failsafe(), s.attachments(), s.history(),
                s.members(), s.statuses(), s.suspicions(), s.requests(), s.measured());
    }

    private static double value(Facts facts, Fact fact, String member) {
        return facts.samples()
                .stream()
                .filter(one -> one.name().equals(fact.metric())
                        && one.labels().getOrDefault("member", "").equals(member))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + fact.metric() + " in " + facts))
                .value();
    }
}
