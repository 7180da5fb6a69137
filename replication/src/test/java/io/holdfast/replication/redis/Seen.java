package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A Redis in good order, as a test begins with it, and the words to spoil it with. */
final class Seen {
    static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");
    static final HostPort R1 = new HostPort("10.0.0.1", 6379);
    static final HostPort R2 = new HostPort("10.0.0.2", 6379);
    static final HostPort R3 = new HostPort("10.0.0.3", 6379);
    static final List<HostPort> SENTINELS = List.of(new HostPort("10.0.0.1", 26379), new HostPort("10.0.0.2", 26379),
            new HostPort("10.0.0.3", 26379));

    private Seen() {}

    /** A master, two replicas and three Sentinels, and nothing wrong. */
    static SentinelView whole() {
        return new SentinelView("db1", "cache", NOW, SENTINELS.stream().map(Seen::sentinel).toList(),
                List.of(instance(R1, facts(null)), instance(R2, facts(R1)), instance(R3, facts(R1))));
    }

    static SentinelView by(SentinelView view, String member) {
        return new SentinelView(member, view.master(), view.at(), view.sentinels(), view.instances());
    }

    static SentinelSeen sentinel(HostPort address) {
        return SentinelSeen.of(address, new SentinelSeen.Told("id-" + address.host(), R1, Set.of("master"), 2, false,
                "", 5000, SENTINELS.stream().filter(one -> !one.equals(address)).map(one -> listed(one, 0)).toList(),
                List.of(listed(R2, 0), listed(R3, 0))));
    }

    static SentinelSeen.Listed listed(HostPort address, long downMillis) {
        return new SentinelSeen.Listed(address, "run-" + address, downMillis > 0 ? Set.of("s_down") : Set.of(),
                downMillis, 100);
    }

    static InstanceSeen instance(HostPort address, InstanceSeen.@Nullable Facts facts) {
        return new InstanceSeen(address, facts == null ? "no answer" : "", facts, null, null);
    }

    static InstanceSeen.Facts facts(@Nullable HostPort upstream) {
        return new InstanceSeen.Facts("run", "7.0.15", 1000, upstream, true, 5000, upstream == null ? 2 : 0, 100, 1,
                new InstanceSeen.Persistence(true, false, false, false), new InstanceSeen.Memory(1, 0, 0), 3, "", 200);
    }

    // ---- spoiled

    static SentinelView every(SentinelView view, UnaryOperator<SentinelSeen.Told> change) {
        return new SentinelView(view.by(), view.master(), view.at(), view.sentinels()
                .stream()
                .map(one -> one.told() == null ? one : SentinelSeen.of(one.address(), change.apply(one.told())))
                .toList(), view.instances());
    }

    static SentinelView one(SentinelView view, int number, UnaryOperator<SentinelSeen.Told> change) {
        HostPort address = SENTINELS.get(number);
        return new SentinelView(view.by(), view.master(), view.at(), view.sentinels()
                .stream()
                .map(one -> one.told() == null || !one.address().equals(address)
                        ? one
                        : SentinelSeen.of(address, change.apply(one.told())))
                .toList(), view.instances());
    }

    static SentinelView silent(SentinelView view, int... numbers) {
        List<HostPort> gone = java.util.Arrays.stream(numbers).mapToObj(SENTINELS::get).toList();
        return new SentinelView(view.by(), view.master(), view.at(), view.sentinels()
                .stream()
                .map(one -> gone.contains(one.address()) ? SentinelSeen.silent(one.address(), "no answer") : one)
                .toList(), view.instances());
    }

    static SentinelView with(SentinelView view, InstanceSeen instance) {
        return new SentinelView(view.by(), view.master(), view.at(), view.sentinels(), view.instances()
                .stream()
                .map(one -> one.address().equals(instance.address()) ? instance : one)
                .toList());
    }

    static InstanceSeen.Facts refusing(InstanceSeen.Facts f, String word) {
        return new InstanceSeen.Facts(f.runId(), f.version(), f.uptimeSeconds(), f.upstream(), f.linkUp(), f.offset(),
                f.replicas(), f.priority(), f.minReplicas(), f.persistence(), f.memory(), f.clients(), word,
                f.probeMicros());
    }

    static InstanceSeen.Facts keeping(InstanceSeen.Facts f, InstanceSeen.Persistence persistence) {
        return new InstanceSeen.Facts(f.runId(), f.version(), f.uptimeSeconds(), f.upstream(), f.linkUp(), f.offset(),
                f.replicas(), f.priority(), f.minReplicas(), persistence, f.memory(), f.clients(), f.refusal(),
                f.probeMicros());
    }

    static InstanceSeen.Facts preferred(InstanceSeen.Facts f, int priority, long offset, String version) {
        return new InstanceSeen.Facts(f.runId(), version, f.uptimeSeconds(), f.upstream(), f.linkUp(), offset,
                f.replicas(), priority, f.minReplicas(), f.persistence(), f.memory(), f.clients(), f.refusal(),
                f.probeMicros());
    }

    static InstanceSeen.Facts fed(InstanceSeen.Facts f, boolean linkUp, int minReplicas, InstanceSeen.Memory memory) {
        return new InstanceSeen.Facts(f.runId(), f.version(), f.uptimeSeconds(), f.upstream(), linkUp, f.offset(),
                f.replicas(), f.priority(), minReplicas, f.persistence(), memory, f.clients(), f.refusal(),
                f.probeMicros());
    }

    static SentinelSeen.Told flagged(SentinelSeen.Told told, String... flags) {
        return new SentinelSeen.Told(told.runId(), told.master(), Set.of(flags), told.quorum(), told.tilt(),
                told.quorumProblem(), told.downAfterMillis(), told.peers(), told.replicas());
    }

    static SentinelSeen.Told voting(SentinelSeen.Told told, int quorum, boolean tilt, String problem) {
        return new SentinelSeen.Told(told.runId(), told.master(), told.flags(), quorum, tilt, problem,
                told.downAfterMillis(), told.peers(), told.replicas());
    }

    static SentinelSeen.Told naming(SentinelSeen.Told told, HostPort master) {
        return new SentinelSeen.Told(told.runId(), master, told.flags(), told.quorum(), told.tilt(),
                told.quorumProblem(), told.downAfterMillis(), told.peers(), told.replicas());
    }

    static SentinelSeen.Told listing(SentinelSeen.Told told, List<SentinelSeen.Listed> peers,
            List<SentinelSeen.Listed> replicas) {
        return new SentinelSeen.Told(told.runId(), told.master(), told.flags(), told.quorum(), told.tilt(),
                told.quorumProblem(), told.downAfterMillis(), peers, replicas);
    }

    static SentinelSeen.Told patient(SentinelSeen.Told told, long downAfterMillis) {
        return new SentinelSeen.Told(told.runId(), told.master(), told.flags(), told.quorum(), told.tilt(),
                told.quorumProblem(), downAfterMillis, told.peers(), told.replicas());
    }
}
