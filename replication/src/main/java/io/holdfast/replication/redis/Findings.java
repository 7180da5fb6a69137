package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What one agent's view shows to be wrong. */
final class Findings {
    /** What is down for so long will hardly come back by itself. */
    static final Duration STALE = Duration.ofMinutes(10);
    /** For so long a restart is told of. */
    private static final Duration RESTART_TOLD = Duration.ofMinutes(10);

    private final SentinelView view;
    private final @Nullable HostPort master;
    private final @Nullable InstanceSeen atMaster;
    private final List<RedisFinding> found = new ArrayList<>();

    private Findings(SentinelView view) {
        this.view = view;
        this.master = view.agreedMaster().orElse(null);
        this.atMaster = view.agreedMaster().flatMap(view::instance).orElse(null);
    }

    /** All of them. */
    static List<RedisFinding> of(SentinelView view) {
        Findings findings = new Findings(view);
        findings.sentinels();
        findings.lists();
        findings.master();
        findings.replicas();
        findings.others();
        return findings.found;
    }

    // ---- the Sentinels

    private void sentinels() {
        for (SentinelSeen sentinel : view.sentinels()) {
            SentinelSeen.Told told = sentinel.told();
            if (told == null) {
                add(FindingKind.SENTINEL_SILENT, sentinel.address(),
                        "the Sentinel at " + sentinel.address() + " told nothing: " + sentinel.problem());
            } else if (told.tilt()) {
                add(FindingKind.TILT, sentinel.address(), "the Sentinel at " + sentinel.address() + " is in TILT");
            }
        }
        List<SentinelSeen.Told> told = view.told();
        if (told.isEmpty()) {
            add(FindingKind.NO_QUORUM, view.master(), "none of " + view.sentinels().size() + " Sentinels answers");
            return;
        }
        quorum(told);
        Set<String> masters = distinct(told.stream().map(one -> one.master().toString()).toList());
        if (masters.size() > 1) {
            add(FindingKind.SENTINELS_DISAGREE, view.master(), "the Sentinels name " + String.join(" and ", masters));
        }
        Set<String> numbers = distinct(told.stream().map(one -> Integer.toString(one.peers().size() + 1)).toList());
        if (numbers.size() > 1) {
            add(FindingKind.PEERS_DISAGREE, view.master(),
                    "the Sentinels count " + String.join(" and ", numbers) + " of their kind");
        }
        Set<String> hosts = distinct(view.sentinels().stream().map(one -> one.address().host()).toList());
        if (view.sentinels().size() > 1 && hosts.size() == 1) {
            add(FindingKind.SENTINELS_ON_ONE_HOST, view.master(),
                    "all " + view.sentinels().size() + " Sentinels run on " + hosts.iterator().next());
        }
    }

    private void quorum(List<SentinelSeen.Told> told) {
        Optional<String> problem = told.stream()
                .map(SentinelSeen.Told::quorumProblem)
                .filter(text -> !text.isEmpty())
                .findFirst();
        // One that still reaches the others is enough to begin a failover.
        if (problem.isPresent() && told.stream().noneMatch(one -> one.quorumProblem().isEmpty())) {
            add(FindingKind.NO_QUORUM, view.master(), "every Sentinel that answers says: " + problem.get());
        } else if (told.size() * 2 <= view.sentinels().size()) {
            add(FindingKind.NO_QUORUM, view.master(),
                    "only " + told.size() + " of " + view.sentinels().size() + " Sentinels answer");
        }
        int known = told.stream().mapToInt(one -> one.peers().size() + 1).max().orElse(1);
        for (SentinelSeen.Told one : told) {
            if (known > 1 && one.quorum() * 2 <= known || one.quorum() > known) {
                add(FindingKind.UNSAFE_QUORUM, view.master(),
                        "the quorum is " + one.quorum() + ", and there are " + known + " Sentinels");
                return;
            }
        }
    }

    private void lists() {
        for (SentinelSeen sentinel : view.sentinels()) {
            SentinelSeen.Told told = sentinel.told();
            if (told != null) {
                told.replicas().forEach(one -> stale(sentinel, "replica", one));
                told.peers().forEach(one -> stale(sentinel, "Sentinel", one));
                twice(sentinel, "replica", told.replicas());
                twice(sentinel, "Sentinel", told.peers());
            }
        }
    }

    private void stale(SentinelSeen sentinel, String what, SentinelSeen.Listed listed) {
        if (listed.isDown() && listed.downMillis() >= STALE.toMillis()) {
            add(FindingKind.STALE_ENTRY, listed.address(), "the Sentinel at " + sentinel.address() + " lists the "
                    + what + " " + listed.address() + ", which has been down for " + listed.downMillis() / 60_000
                    + " min");
        }
    }

    private void twice(SentinelSeen sentinel, String what, List<SentinelSeen.Listed> listed) {
        Set<String> seen = new HashSet<>();
        for (SentinelSeen.Listed one : listed) {
            if (!one.runId().isEmpty() && !seen.add(one.runId())) {
                add(FindingKind.STALE_ENTRY, one.address(), "the Sentinel at " + sentinel.address()
                        + " lists the " + what + " with the run id " + one.runId() + " twice");
            }
        }
    }

    // ---- the master

    private void master() {
        if (view.told().stream().anyMatch(told -> told.isDown() && told.master().equals(master))) {
            long by = view.told().stream().filter(SentinelSeen.Told::isDown).count();
            add(FindingKind.MASTER_DOWN, view.master(),
                    master + " is down for " + by + " of " + view.sentinels().size() + " Sentinels");
        }
        if (master == null || atMaster == null) {
            return;
        }
        InstanceSeen.Facts facts = atMaster.facts();
        if (facts == null) {
            add(FindingKind.MASTER_SILENT, master, "the master " + master + " told nothing: " + atMaster.problem());
            return;
        }
        String refusal = refusal(facts);
        if (!refusal.isEmpty()) {
            add(FindingKind.MASTER_REFUSES, master, "the master " + master + " " + refusal);
        }
        if (facts.minReplicas() == 0) {
            add(FindingKind.MIN_REPLICAS_ZERO, master, "min-replicas-to-write of " + master + " is 0");
        }
        if (!facts.persistence().on()) {
            add(FindingKind.NO_PERSISTENCE, master, "the master " + master
                    + " writes neither snapshots nor an append-only file");
        }
        Instant restarted = atMaster.restartedAt();
        if (restarted != null && !facts.persistence().on()
                && restarted.plus(RESTART_TOLD).isAfter(view.at())) {
            add(FindingKind.MASTER_RESTARTED_EMPTY, master, "the master " + master + " was restarted at " + restarted
                    + " without any data of its own, and no other was promoted");
        }
    }

    /** How a master fails clients while it answers Sentinel; empty when it does not. */
    static String refusal(InstanceSeen.Facts facts) {
        if (facts.persistence().loading()) {
            return "is still loading its data, and serves nobody";
        }
        return switch (facts.refusal()) {
            case "" -> "";
            case "MISCONF" -> "refuses writes: it cannot write its data to disk (MISCONF)";
            case "OOM" -> "refuses writes: its memory is full (OOM)";
            case "NOREPLICAS" -> "refuses writes: too few replicas hear it (NOREPLICAS)";
            default -> "refuses writes (" + facts.refusal() + ")";
        };
    }

    // ---- the replicas

    private void replicas() {
        if (master == null) {
            return;
        }
        List<InstanceSeen> replicas = listed();
        if (replicas.isEmpty()) {
            add(FindingKind.NO_REPLICAS, view.master(), "no Sentinel knows a replica of " + master);
            return;
        }
        if (replicas.stream().allMatch(one -> one.facts() != null && one.facts().priority() == 0)) {
            add(FindingKind.NO_CANDIDATE, view.master(), "all replicas of " + master + " have the priority 0");
        }
        for (InstanceSeen replica : replicas) {
            if (replica.facts() == null) {
                add(FindingKind.REPLICA_SILENT, replica.address(),
                        "the replica " + replica.address() + " told nothing: " + replica.problem());
            }
        }
        if (atMaster == null || atMaster.facts() == null) {
            return;
        }
        String version = atMaster.facts().version();
        Set<String> others = distinct(replicas.stream()
                .map(InstanceSeen::facts)
                .filter(facts -> facts != null && !facts.version().equals(version))
                .map(InstanceSeen.Facts::version)
                .toList());
        if (!others.isEmpty()) {
            add(FindingKind.VERSIONS_DIFFER, view.master(),
                    "the master runs " + version + ", replicas " + String.join(" and ", others));
        }
    }

    /** Those that some Sentinel lists as replicas, and that are not the master. */
    private List<InstanceSeen> listed() {
        Set<HostPort> named = view.told()
                .stream()
                .flatMap(told -> told.replicas().stream())
                .map(SentinelSeen.Listed::address)
                .filter(address -> !address.equals(master))
                .collect(Collectors.toSet());
        return view.instances().stream().filter(one -> named.contains(one.address())).toList();
    }

    /** Of every Redis that was ever named, also by a Sentinel that has forgotten it. */
    private void others() {
        for (InstanceSeen instance : view.instances()) {
            InstanceSeen.Facts facts = instance.facts();
            if (facts == null) {
                continue;
            }
            HostPort address = instance.address();
            if (facts.persistence().saveFailed() || facts.persistence().appendFailed()) {
                add(FindingKind.DISK_FAILS, address, address + " could not write its "
                        + (facts.persistence().appendFailed() ? "append-only file" : "snapshot"));
            }
            if (facts.memory().isNearlyFull()) {
                add(FindingKind.MEMORY_FULL, address, address + " uses nine tenths of its "
                        + facts.memory().mostBytes() + " bytes");
            }
            HostPort upstream = facts.upstream();
            if (master == null || address.equals(master)) {
                continue;
            }
            if (upstream == null) {
                add(FindingKind.TWO_MASTERS, address, address + " says that it is a master; Sentinel's is " + master);
            } else if (!upstream.equals(master)) {
                add(FindingKind.WRONG_MASTER, address, "the replica " + address + " follows " + upstream
                        + "; Sentinel's master is " + master);
            } else if (!facts.linkUp()) {
                add(FindingKind.REPLICA_UNLINKED, address,
                        "the replica " + address + " does not hear its master " + master);
            }
        }
    }

    private static Set<String> distinct(List<String> texts) {
        return new TreeSet<>(texts);
    }

    private void add(FindingKind kind, Object subject, String text) {
        if (found.stream().noneMatch(one -> one.kind() == kind && one.subject().equals(subject.toString()))) {
            found.add(new RedisFinding(kind, view.master(), subject.toString(), text, List.of(view.by())));
        }
    }
}
