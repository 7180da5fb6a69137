package io.holdfast.agent;

import io.holdfast.config.Durability;
import io.holdfast.metrics.Facts;
import io.holdfast.metrics.Sample;
import io.holdfast.replication.redis.RedisRecords;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.DrillProof;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What alert rules judge about the whole cluster, found in the shared state. */
public final class ClusterFacts {
    private static final int FAILOVERS = 20;
    /** In a cluster of one or two, none can ever be lost. */
    private static final int LEAST_TO_LOSE = 3;
    /** How the words of a change of the primary begin or end that an operator wanted: AsHolder and Takeover say so. */
    private static final List<String> PLANNED = List.of("wants another primary", "stops for a switchover");

    private final List<Sample> samples = new ArrayList<>();
    private final Set<String> silent = new TreeSet<>();

    private ClusterFacts() {}

    /**
     * What is known of backups.
     *
     * @param areMade whether some member makes any
     * @param proof what trial restores have shown; null: nothing yet
     */
    public record Backups(boolean areMade, @Nullable DrillProof proof) {}

    /**
     * What is known of the Redis of one master's name.
     *
     * @param watched whether some agent looks at it now
     * @param known what is wrong
     */
    public record Redis(boolean watched, RedisRecords.Known known) {}

    /**
     * All of them.
     *
     * @param state the shared state
     * @param peers how many agents have a voice
     * @param backups of the backups
     * @param redis by the masters' names
     * @param now by the clock of the agent that asks
     */
    public static Facts of(ClusterState state, int peers, Backups backups, Map<String, Redis> redis, Instant now) {
        ClusterFacts facts = new ClusterFacts();
        facts.agents(state, peers);
        if (state.cluster() != null) {
            facts.leadership(state, now);
            if (backups.areMade()) {
                facts.backups(backups.proof(), state.cluster().createdAt(), now);
            }
        }
        facts.redis(redis);
        return new Facts(facts.samples, facts.silent);
    }

    private void agents(ClusterState state, int peers) {
        for (MemberName member : state.members().keySet()) {
            add(Fact.AGENT_MISSING, state.statuses().containsKey(member) ? 0 : 1, "member", member.value());
        }
        if (peers >= LEAST_TO_LOSE) {
            add(Fact.AGENTS_TO_LOSE, state.statuses().size() - (peers / 2 + 1));
        }
    }

    private void leadership(ClusterState state, Instant now) {
        boolean primary = state.statuses()
                .values()
                .stream()
                .anyMatch(one -> one.role() == MemberStatus.Role.PRIMARY && one.state() == MemberStatus.State.RUNNING);
        add(Fact.PRIMARY_MISSING, primary ? 0 : 1);
        failovers(state, now);
        long databases = state.members().values().stream().filter(one -> !one.isWitness()).count();
        Versioned<SyncSet> sync = state.sync();
        if (state.settings().durability() != Durability.QUORUM || databases < 2) {
            return;
        }
        if (primary && sync != null) {
            add(Fact.SYNC_STANDBYS, sync.value().members().isEmpty() ? 0 : sync.value().acks());
        } else {
            silent.add(Fact.SYNC_STANDBYS.metric());
        }
    }

    /** Each of the last few: a second one does not make the first one undone. */
    private void failovers(ClusterState state, Instant now) {
        state.history()
                .descendingMap()
                .values()
                .stream()
                .limit(FAILOVERS)
                .map(Versioned::value)
                .filter(one -> one.parent() != null && !one.restored()
                        && PLANNED.stream().noneMatch(one.why()::contains))
                .forEach(
                        one -> add(Fact.FAILOVER_AGE, seconds(one.at(), now), "epoch",
                                one.epoch().toString(), "member", one.holder().name().value()));
    }

    private void backups(@Nullable DrillProof proof, Instant created, Instant now) {
        Instant proved = proof == null || proof.provedAt() == null ? created : proof.provedAt();
        add(Fact.PROOF_AGE, seconds(proved, now));
        add(Fact.DRILL_FAILED, proof != null && proof.failed() ? 1 : 0);
    }

    /** While nobody looks at one of them, what was wrong with it is not over. */
    private void redis(Map<String, Redis> redis) {
        redis.forEach((master, one) -> {
            if (!one.watched()) {
                silent.add(Fact.REDIS_CRITICAL.metric());
                silent.add(Fact.REDIS_WARNING.metric());
            }
            one.known().open().stream().filter(open -> !open.isAdvice()).forEach(open -> {
                Fact fact = open.severity().equals("critical") ? Fact.REDIS_CRITICAL : Fact.REDIS_WARNING;
                add(fact, 1, "master", master, "finding", open.key());
            });
        });
    }

    private static double seconds(Instant from, Instant now) {
        return Math.max(0.0, Duration.between(from, now).toSeconds() * 1.0);
    }

    private void add(Fact fact, double value, String... labels) {
        samples.add(sample(fact, value, labels));
    }

    static Sample sample(Fact fact, double value, String... labels) {
        TreeMap<String, String> map = new TreeMap<>();
        for (int i = 0; i < labels.length; i += 2) {
            map.put(labels[i], labels[i + 1]);
        }
        return new Sample(fact.metric(), map, value);
    }

}
