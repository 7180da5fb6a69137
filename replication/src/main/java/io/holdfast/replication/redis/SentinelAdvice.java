package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What all agents' views of a master show to be wrong, and at most one thing to do about it. Detecting and electing stay
 * Sentinel's: nothing is done while the master is down for a Sentinel or a failover goes on.
 *
 * @param findings what is wrong, the worst first
 * @param action what is to be done; null: nothing. In the mode {@code advise} it is only told
 * @param now true when it is to be done, and not only told
 */
public record SentinelAdvice(List<RedisFinding> findings, @Nullable RedisAction action, boolean now) {
    /**
     * For so long a master must fail clients, beyond the time after which Sentinel calls a Redis down: one that answers its PING
     * with an error such as MISCONF is down for Sentinel then, one that loads its data for minutes is not.
     */
    static final Duration BROKEN_FOR = Duration.ofSeconds(5);
    /** Sentinel brings a replica back within some 10 s where it knows it, so that after this time it will not. */
    static final Duration ASTRAY_FOR = Duration.ofSeconds(60);
    /** A Sentinel that was reset needs half a minute to find all again (Redis' manual, "Removing the old master"). */
    static final Duration BETWEEN_RESETS = Duration.ofSeconds(45);
    static final Duration BETWEEN_FAILOVERS = Duration.ofMinutes(3);
    static final Duration BETWEEN_REPAIRS = Duration.ofSeconds(60);
    /** The word by which another disk would take the writes; memory that is full is full on the replicas too. */
    private static final String ANOTHER_DISK_HELPS = "MISCONF";

    /** Takes an immutable copy. */
    public SentinelAdvice {
        findings = List.copyOf(findings);
    }

    /**
     * How long it waits before it does what Sentinel does not.
     *
     * @param stale for how long an entry must have been down before it is reset
     * @param astray for how long a replica must have followed another master
     * @param between after any action, until the next
     */
    public record Patience(Duration stale, Duration astray, Duration between) {
        /** That of an agent. */
        public static final Patience USUAL = new Patience(Findings.STALE, ASTRAY_FOR, BETWEEN_RESETS);
    }

    /**
     * The last action on a master.
     *
     * @param word which
     * @param at when
     */
    public record Last(String word, Instant at) {}

    /**
     * Gives advice.
     *
     * @param views of one master, one for each agent that looks; old ones are left out by the caller
     * @param mode what may be done
     * @param last the last action on this master by any agent; null: none is remembered
     * @param now the time
     */
    public static SentinelAdvice of(List<SentinelView> views, RedisConfig.Mode mode, @Nullable Last last, Instant now) {
        return of(views, mode, last, now, Patience.USUAL);
    }

    /** The same, with another patience. */
    public static SentinelAdvice of(List<SentinelView> views, RedisConfig.Mode mode, @Nullable Last last, Instant now,
            Patience patience) {
        List<RedisFinding> findings = merged(views);
        RedisAction action = mode == RedisConfig.Mode.OBSERVE || views.isEmpty() || !sentinelIsCalm(views)
                ? null
                : action(views, last, now, patience).orElse(null);
        return new SentinelAdvice(findings, action, action != null && mode == RedisConfig.Mode.ACT);
    }

    // ---- findings

    /** The same finding of several agents is one; silence that only some of them meet is another one. */
    private static List<RedisFinding> merged(List<SentinelView> views) {
        Map<String, RedisFinding> merged = new LinkedHashMap<>();
        for (SentinelView view : views) {
            for (RedisFinding finding : Findings.of(view)) {
                merged.merge(finding.key(), finding, SentinelAdvice::both);
            }
        }
        return merged.values()
                .stream()
                .map(finding -> blindSpot(finding, views))
                .sorted(Comparator.comparing((RedisFinding one) -> one.kind().severity())
                        .reversed()
                        .thenComparing(RedisFinding::key))
                .toList();
    }

    private static RedisFinding both(RedisFinding one, RedisFinding other) {
        Set<String> by = new TreeSet<>(one.by());
        by.addAll(other.by());
        return new RedisFinding(one.kind(), one.master(), one.subject(), one.text(), List.copyOf(by));
    }

    private static RedisFinding blindSpot(RedisFinding finding, List<SentinelView> views) {
        boolean silence = switch (finding.kind()) {
            case MASTER_SILENT, REPLICA_SILENT, SENTINEL_SILENT -> true;
            default -> false;
        };
        List<String> hear = views.stream()
                .filter(view -> !finding.by().contains(view.by()) && hears(view, finding.subject()))
                .map(SentinelView::by)
                .toList();
        return silence && !hear.isEmpty()
                ? new RedisFinding(FindingKind.BLIND_SPOT, finding.master(), finding.subject(),
                        finding.subject() + " is silent for " + String.join(", ", finding.by()) + ", and answers "
                                + String.join(", ", hear),
                        finding.by())
                : finding;
    }

    private static boolean hears(SentinelView view, String subject) {
        return view.instances()
                .stream()
                .anyMatch(one -> one.address().toString().equals(subject) && one.facts() != null)
                || view.sentinels()
                        .stream()
                        .anyMatch(one -> one.address().toString().equals(subject) && one.told() != null);
    }

    // ---- when nothing is done at all

    /** True when all that any agent sees of the Sentinels lets somebody else act. */
    private static boolean sentinelIsCalm(List<SentinelView> views) {
        Set<HostPort> masters = views.stream()
                .flatMap(view -> view.told().stream())
                .map(SentinelSeen.Told::master)
                .collect(Collectors.toSet());
        return masters.size() == 1 && views.stream().allMatch(SentinelAdvice::isCalm);
    }

    private static boolean isCalm(SentinelView view) {
        return view.agreedMaster().isPresent() && view.told()
                .stream()
                .noneMatch(told -> told.isDown() || told.isFailingOver() || told.tilt());
    }

    private static boolean is(@Nullable Last last, Duration since, Instant now) {
        return last != null && last.at().plus(since).isAfter(now);
    }

    // ---- at most one action

    private static Optional<RedisAction> action(List<SentinelView> views, @Nullable Last last, Instant now,
            Patience patience) {
        // Whatever was done last must have shown what it does.
        if (is(last, patience.between(), now)) {
            return Optional.empty();
        }
        return failover(views, last, now).or(() -> refollow(views, last, now, patience.astray()))
                .or(() -> reset(views, patience.stale()));
    }

    private static Optional<RedisAction> failover(List<SentinelView> views, @Nullable Last last, Instant now) {
        HostPort master = views.getFirst().agreedMaster().orElseThrow();
        Duration wanted = BROKEN_FOR.plusMillis(views.stream()
                .flatMap(view -> view.told().stream())
                .mapToLong(SentinelSeen.Told::downAfterMillis)
                .max()
                .orElse(0));
        boolean everywhere = views.stream()
                .allMatch(view -> view.instance(master).filter(one -> isBroken(one, view.at(), wanted)).isPresent());
        boolean somebody = views.stream()
                .allMatch(view -> view.instances()
                        .stream()
                        .anyMatch(one -> couldTakeOver(one, master, isLoading(view, master))));
        if (!everywhere || !somebody || last != null && last.word().equals("failover")
                && is(last, BETWEEN_FAILOVERS, now)) {
            return Optional.empty();
        }
        return sentinelOfAll(views, told -> told.quorumProblem().isEmpty())
                .map(sentinel -> new RedisAction.Failover(sentinel, views.getFirst().master(), "the master " + master
                        + " " + refusal(views.getFirst(), master) + ", for more than " + wanted.toSeconds()
                        + " s and for every agent, and is up for Sentinel"));
    }

    private static boolean isLoading(SentinelView view, HostPort master) {
        return view.instance(master)
                .map(InstanceSeen::facts)
                .filter(facts -> facts.persistence().loading())
                .isPresent();
    }

    private static String refusal(SentinelView view, HostPort master) {
        return view.instance(master).map(InstanceSeen::facts).map(Findings::refusal).orElse("");
    }

    private static boolean isBroken(InstanceSeen one, Instant at, Duration wanted) {
        return one.facts() != null
                && (one.facts().persistence().loading() || one.facts().refusal().equals(ANOTHER_DISK_HELPS))
                && one.troubleSince() != null && !one.troubleSince().plus(wanted).isAfter(at);
    }

    /** A master that loads does not let its replicas in; what they have they have. */
    private static boolean couldTakeOver(InstanceSeen one, HostPort master, boolean loading) {
        InstanceSeen.Facts facts = one.facts();
        return facts != null && master.equals(facts.upstream()) && facts.priority() > 0
                && (facts.linkUp() || loading && facts.offset() > 0)
                && !facts.persistence().saveFailed() && !facts.persistence().appendFailed()
                && !facts.persistence().loading();
    }

    private static Optional<RedisAction> refollow(List<SentinelView> views, @Nullable Last last, Instant now,
            Duration astray) {
        HostPort master = views.getFirst().agreedMaster().orElseThrow();
        boolean sound = views.stream()
                .allMatch(view -> view.instance(master)
                        .filter(one -> one.isMaster() && one.facts() != null && !one.facts().persistence().loading())
                        .isPresent());
        if (!sound || last != null && last.word().equals("refollow") && is(last, BETWEEN_REPAIRS, now)) {
            return Optional.empty();
        }
        return views.getFirst()
                .instances()
                .stream()
                .map(InstanceSeen::address)
                .filter(address -> views.stream().allMatch(view -> isAstray(view, address, master, astray)))
                .findFirst()
                .map(address -> new RedisAction.Refollow(address, master, "the replica " + address + " follows another "
                        + "master than " + master + " for more than " + astray.toSeconds()
                        + " s, and Sentinel has not brought it back"));
    }

    private static boolean isAstray(SentinelView view, HostPort address, HostPort master, Duration astray) {
        return view.instance(address)
                .filter(one -> one.facts() != null && one.facts().upstream() != null
                        && !master.equals(one.facts().upstream()) && one.troubleSince() != null
                        && !one.troubleSince().plus(astray).isAfter(view.at()))
                .isPresent();
    }

    /** All Sentinels must answer and agree: one that is reset meanwhile forgets who could vote. */
    private static Optional<RedisAction> reset(List<SentinelView> views, Duration stale) {
        boolean allThere = views.stream()
                .allMatch(view -> view.told().size() == view.sentinels().size()
                        && view.told().stream().allMatch(told -> told.quorumProblem().isEmpty())
                        && view.agreedMaster().flatMap(view::instance).filter(InstanceSeen::isMaster).isPresent());
        if (!allThere) {
            return Optional.empty();
        }
        for (SentinelSeen sentinel : views.getFirst().sentinels()) {
            List<SentinelSeen.Listed> gone = new ArrayList<>();
            SentinelSeen.Told told = sentinel.told();
            if (told != null) {
                told.replicas().stream().filter(one -> isGone(views, one, stale)).forEach(gone::add);
                told.peers().stream().filter(one -> isGone(views, one, stale)).forEach(gone::add);
            }
            if (!gone.isEmpty()) {
                return Optional.of(new RedisAction.Reset(sentinel.address(), views.getFirst().master(),
                        "it lists " + gone.stream()
                                .map(one -> one.address().toString())
                                .collect(
                                        Collectors.joining(", "))
                                + ", down for more than " + stale.toMinutes()
                                + " min and silent for every agent"));
            }
        }
        return Optional.empty();
    }

    private static boolean isGone(List<SentinelView> views, SentinelSeen.Listed listed, Duration stale) {
        return listed.isDown() && listed.downMillis() >= stale.toMillis()
                && views.stream().noneMatch(view -> hears(view, listed.address().toString()));
    }

    /** A Sentinel that every agent hears, and that is fit for it in the eyes of all. */
    private static Optional<HostPort> sentinelOfAll(List<SentinelView> views, Predicate<SentinelSeen.Told> fit) {
        return views.getFirst()
                .sentinels()
                .stream()
                .map(SentinelSeen::address)
                .filter(address -> views.stream()
                        .allMatch(view -> view.sentinels()
                                .stream()
                                .anyMatch(one -> one.address().equals(address) && one.told() != null
                                        && fit.test(one.told()))))
                .findFirst();
    }
}
