package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A planned failover: who takes over from whom, by which Sentinel, and which priorities make that so. */
public sealed interface FailoverPlan {
    /** Sentinel takes about a second to promote; the writers wait that long, and as long as the replica needs to catch up. */
    Duration LONGEST_PAUSE = Duration.ofSeconds(6);
    /** A paused master does not take Sentinel's own messages either, and must not count as down because of that. */
    Duration LEAST_DOWN_AFTER = Duration.ofSeconds(2);
    /** A replica that lacks more than this would keep the writers waiting. */
    long MOST_LAG_BYTES = 16L << 20;

    /**
     * It can be done.
     *
     * @param master the name
     * @param from the master
     * @param to the replica that takes over
     * @param sentinel the Sentinel that is told
     * @param before the replicas' priorities by address that are changed for it
     * @param during what they are meanwhile
     * @param pause how long writers wait at most
     */
    record Go(String master, HostPort from, HostPort to, HostPort sentinel, Map<String, Integer> before,
            Map<String, Integer> during, Duration pause) implements FailoverPlan {
        /** Takes immutable copies. */
        public Go {
            before = Map.copyOf(before);
            during = Map.copyOf(during);
        }
    }

    /**
     * It cannot.
     *
     * @param problem why
     */
    record Refused(Problem problem) implements FailoverPlan {}

    /**
     * Plans.
     *
     * @param to who is to take over; null: the most preferred replica that has most
     */
    static FailoverPlan of(SentinelView view, @Nullable HostPort to) {
        List<SentinelSeen.Told> told = view.told();
        Optional<HostPort> from = view.agreedMaster();
        if (from.isEmpty() || told.stream().anyMatch(one -> !one.master().equals(from.get()))) {
            return refused("HF-6003", "the Sentinels do not agree on the master " + view.master(),
                    "'holdfast redis status' shows what each of them says.");
        }
        if (told.stream().anyMatch(one -> one.isDown() || one.isFailingOver() || one.tilt())) {
            return refused("HF-6004", "Sentinel is at work: the master is down for it, it fails over, or it is in TILT",
                    "Wait until 'holdfast redis status' is calm.");
        }
        Duration downAfter = Duration.ofMillis(told.stream()
                .mapToLong(SentinelSeen.Told::downAfterMillis)
                .min()
                .orElse(0));
        if (downAfter.compareTo(LEAST_DOWN_AFTER) < 0) {
            return refused("HF-6005", "down-after-milliseconds is " + downAfter.toMillis()
                    + ", and a master whose writers are paused would count as down",
                    "Set it to 2000 or more on every Sentinel: 'SENTINEL SET NAME down-after-milliseconds 5000'.");
        }
        Optional<SentinelSeen> sentinel = view.sentinels()
                .stream()
                .filter(one -> one.told() != null && one.told().quorumProblem().isEmpty())
                .findFirst();
        InstanceSeen.Facts master = view.instance(from.get()).map(InstanceSeen::facts).orElse(null);
        if (sentinel.isEmpty() || master == null || master.upstream() != null) {
            return refused("HF-6006",
                    sentinel.isEmpty()
                            ? "no Sentinel could decide a failover"
                            : from.get() + " does not answer as a master",
                    "'holdfast redis status' shows what is wrong.");
        }
        // One that never becomes master by itself does so when it is named.
        List<InstanceSeen> able = view.instances()
                .stream()
                .filter(one -> isAble(one, from.get(), master) && (priority(one) > 0 || one.address().equals(to)))
                .toList();
        Optional<InstanceSeen> target = able.stream()
                .filter(one -> to == null || one.address().equals(to))
                .min(Comparator.comparingInt((InstanceSeen one) -> priority(one))
                        .thenComparing(Comparator.comparingLong(FailoverPlan::offset).reversed())
                        .thenComparing(one -> one.address().toString()));
        if (target.isEmpty()) {
            return refused("HF-6007", (to == null ? "no replica" : to + " is no replica that") + " could take over",
                    "It must follow the master, hear it, and lack less than 16 MiB; those that do: "
                            + (able.isEmpty() ? "none" : names(able)) + ".");
        }
        return go(view, from.get(), target.get(), sentinel.get(), downAfter);
    }

    private static FailoverPlan go(SentinelView view, HostPort from, InstanceSeen target, SentinelSeen sentinel,
            Duration downAfter) {
        Map<String, Integer> before = new TreeMap<>();
        Map<String, Integer> during = new TreeMap<>();
        for (InstanceSeen one : view.instances()) {
            // Who is least preferred of all is never taken, and who is as preferred as the target could be.
            boolean isTarget = one.address().equals(target.address());
            int wanted = isTarget ? 1 : 100;
            if (one.facts() != null && from.equals(one.facts().upstream()) && priority(one) != wanted
                    && (isTarget || priority(one) == 1)) {
                before.put(one.address().toString(), priority(one));
                during.put(one.address().toString(), wanted);
            }
        }
        Duration pause = downAfter.compareTo(LONGEST_PAUSE) < 0 ? downAfter : LONGEST_PAUSE;
        return new Go(view.master(), from, target.address(), sentinel.address(), before, during, pause);
    }

    private static boolean isAble(InstanceSeen one, HostPort from, InstanceSeen.Facts master) {
        InstanceSeen.Facts facts = one.facts();
        return facts != null && from.equals(facts.upstream()) && facts.linkUp() && !facts.persistence().loading()
                && master.offset() - facts.offset() <= MOST_LAG_BYTES;
    }

    private static int priority(InstanceSeen one) {
        return one.facts() == null ? 0 : one.facts().priority();
    }

    private static long offset(InstanceSeen one) {
        return one.facts() == null ? 0 : one.facts().offset();
    }

    private static String names(List<InstanceSeen> instances) {
        return String.join(", ", instances.stream().map(one -> one.address().toString()).toList());
    }

    private static Refused refused(String code, String fact, String hint) {
        return new Refused(new Problem(code, fact, hint));
    }
}
