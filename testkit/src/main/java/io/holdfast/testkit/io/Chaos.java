package io.holdfast.testkit.io;

import io.holdfast.testkit.ChaosFault;
import io.holdfast.testkit.ChaosKind;
import io.holdfast.testkit.ChaosPlan;
import io.holdfast.testkit.ChaosRound;
import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.FaultMark;
import io.holdfast.testkit.Outage;
import io.holdfast.testkit.RedisChaosPlan;
import io.holdfast.testkit.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Breaks a real cluster at random while clients write, round after round, and judges each round: nothing acknowledged is lost, no
 * two members acknowledge out of turn, all is well again within a minute of the last fault, and nothing runs twice. Same seed,
 * same faults; when exactly the cluster acts upon them is its own affair.
 */
public final class Chaos {
    /** From the end of a round's last fault until the cluster is well. */
    private static final Duration HEALTH = Duration.ofSeconds(60);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Lab lab;
    private final long seed;
    private final Diary diary;
    private final ChaosPlan plan;
    private final @Nullable RedisChaos redis;
    private final Map<ChaosKind, Integer> done = new EnumMap<>(ChaosKind.class);
    private final List<Outage> outages = new ArrayList<>();
    private final List<Duration> returns = new ArrayList<>();
    private int rounds;
    private int faults;

    /** Something to do at an instant of a round. */
    private record Move(long atMillis, Runnable act) {}

    /**
     * What a run that went well was.
     *
     * @param rounds each begins and ends with a cluster that is well
     * @param faults that were injected
     * @param report what the clients saw, over the whole run
     * @param slowestReturn from the end of a round's last fault until all was well
     * @param longestOutage between two acknowledgements, the time of the faults included
     */
    public record Outcome(int rounds, int faults, Report report, Duration slowestReturn, Duration longestOutage) {}

    private Chaos(Lab lab, long seed) {
        this.lab = lab;
        this.seed = seed;
        this.diary = new Diary(lab.directory().resolve("chaos.log"));
        Map<ChaosKind, String> impossible = ChaosFaults.impossible(lab);
        this.plan = new ChaosPlan(seed, lab.members().size(), ChaosPlan.allBut(impossible.keySet()));
        diary.tell("chaos seed " + seed + ", " + lab.members().size() + " members");
        impossible.forEach((kind, why) -> diary.tell("without " + ChaosFaults.name(kind) + ": " + why));
        this.redis = lab.spec().redis() ? new RedisChaos(lab, seed, diary) : null;
    }

    /**
     * Rounds until there were enough of them or the time is over; the last one is brought to its end.
     *
     * @param lab a cluster that is well; that has failed when this throws
     * @param most how many rounds, 1 and up
     * @param time for how long to begin new ones
     * @throws AssertionError for a broken promise, with the seed
     */
    public static Outcome run(Lab lab, long seed, int most, Duration time) {
        Chaos chaos = new Chaos(lab, seed);
        long endNanos = System.nanoTime() + time.toNanos();
        try (Writer writer = WriterClient.start(lab.targets())) {
            do {
                chaos.round(chaos.plan.next(), writer);
            } while (chaos.rounds < most && System.nanoTime() - endNanos < 0);
            Report report = writer.stop(lab.primary().target());
            chaos.judge(report);
            return chaos.outcome(report);
        } catch (AssertionError | RuntimeException e) {
            lab.fail();
            chaos.diary.tell("FAILED in round " + chaos.rounds + ": " + e.getMessage());
            throw new AssertionError("chaos seed " + seed + ", round " + chaos.rounds + ": " + e.getMessage(), e);
        } finally {
            if (chaos.redis != null) {
                chaos.redis.close();
            }
        }
    }

    private void round(ChaosRound round, Writer writer) {
        rounds = round.number();
        writer.awaitMore(20, SOON);
        LabMember primary = lab.primary();
        List<LabMember> seats = new ArrayList<>(List.of(primary));
        seats.addAll(lab.others(primary));
        long epoch = lab.status().epoch();
        diary.tell(round + "; seats " + seats);
        long beginNanos = System.nanoTime();
        writer.mark(new FaultMark(round.toString(), beginNanos));
        play(round, seats, beginNanos);
        long mendedNanos = System.nanoTime();
        ClusterStatus status = awaitWell(mendedNanos);
        Duration took = Duration.ofNanos(System.nanoTime() - mendedNanos);
        returns.add(took);
        writer.awaitMore(20, SOON);
        Report report = writer.soFar(lab.primary().target());
        Outage outage = report.outages().get(report.outages().size() - 1);
        outages.add(outage);
        diary.tell(String.format(Locale.ROOT,
                "   well %.1f s later: %s is primary, epoch %d -> %d; longest outage %d ms; %d acknowledged so far, %d lost",
                took.toMillis() / 1e3, lab.primary(), epoch, status.epoch(), outage.gap().toMillis(),
                report.acks().size(), report.missing().size()));
        judge(report);
        if (redis != null) {
            redis.awaitWell(rounds, mendedNanos);
        }
    }

    /** Does each thing at its time, and undoes whatever is still broken when something goes wrong. */
    private void play(ChaosRound round, List<LabMember> seats, long beginNanos) {
        List<Fault> broken = new ArrayList<>();
        List<Move> moves = new ArrayList<>();
        for (ChaosFault fault : round.faults()) {
            moves.add(new Move(fault.atMillis(), () -> begin(fault, seats, broken, moves)));
        }
        if (redis != null) {
            RedisChaosPlan.Planned beside = redis.next(round);
            moves.add(new Move(beside.atMillis(), () -> begin(redis, beside, broken, moves)));
        }
        try {
            while (!moves.isEmpty()) {
                Move next = moves.stream().min(Comparator.comparingLong(Move::atMillis)).orElseThrow();
                moves.remove(next);
                sleepUntil(beginNanos + next.atMillis() * 1_000_000);
                next.act().run();
            }
        } finally {
            broken.forEach(Fault::undo);
        }
    }

    private void begin(ChaosFault planned, List<LabMember> seats, List<Fault> broken, List<Move> moves) {
        try {
            Fault fault = ChaosFaults.inject(planned, seats);
            faults++;
            done.merge(planned.kind(), 1, Integer::sum);
            broken.add(fault);
            diary.tell("   - " + fault.mark().name());
            if (planned.kind().isLasting()) {
                moves.add(new Move(planned.endMillis(), () -> {
                    fault.undo();
                    diary.tell("   + " + fault.mark().name() + ": over");
                }));
            }
        } catch (IllegalStateException e) {
            diary.tell("   - " + planned + " finds nothing to break: " + e.getMessage());
        }
    }

    private void begin(RedisChaos part, RedisChaosPlan.Planned planned, List<Fault> broken, List<Move> moves) {
        try {
            Fault fault = part.inject(planned);
            faults++;
            broken.add(fault);
            diary.tell("   - " + fault.mark().name());
            moves.add(new Move(planned.endMillis(), () -> {
                fault.undo();
                diary.tell("   + " + fault.mark().name() + ": over");
            }));
        } catch (IllegalStateException e) {
            diary.tell("   - " + planned + " finds nothing to break: " + e.getMessage());
        }
    }

    private static void sleepUntil(long nanos) {
        while (nanos - System.nanoTime() > 0) {
            LockSupport.parkNanos(nanos - System.nanoTime());
        }
    }

    /** One primary, all others stream, both count for commits again, and nothing runs twice. */
    private ClusterStatus awaitWell(long mendedNanos) {
        lab.awaitHealthy(left(mendedNanos));
        int standbys = lab.members().size() - 1;
        ClusterStatus status = Eventually.get(left(mendedNanos), "the sync set is complete",
                () -> Optional.of(lab.status())
                        .filter(s -> s.healthy(lab.members().size())
                                && (!s.durability().equals("quorum") || s.syncSet().size() == standbys)));
        Eventually.within(SOON, "each member runs one agent, one PostgreSQL and at most one leash",
                () -> lab.members().stream().allMatch(Chaos::runsOnce));
        return status;
    }

    private static Duration left(long sinceNanos) {
        Duration left = HEALTH.minusNanos(System.nanoTime() - sinceNanos);
        return left.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : left;
    }

    private static boolean runsOnce(LabMember member) {
        List<LabProcess> all = member.processes();
        List<Long> postgres = all.stream()
                .filter(p -> p.command().equals("postgres"))
                .map(LabProcess::pid)
                .toList();
        long postmasters = all.stream()
                .filter(p -> p.command().equals("postgres") && !postgres.contains(p.parent()))
                .count();
        long leashes = all.stream().filter(p -> p.command().equals("bash")).count();
        // A worker is the child of its agent.
        List<Long> java = all.stream().filter(p -> p.command().equals("java")).map(LabProcess::pid).toList();
        long agents = all.stream().filter(p -> java.contains(p.pid()) && !java.contains(p.parent())).count();
        return agents == 1 && postmasters == 1 && leashes <= 1;
    }

    private void judge(Report report) {
        if (!report.missing().isEmpty() || !report.overlaps().isEmpty()) {
            throw new AssertionError(
                    "seed " + seed + ": " + report.missing().size() + " acknowledged commits are lost, "
                            + report.overlaps().size() + " overlaps\n" + report.text());
        }
    }

    private Outcome outcome(Report report) {
        Duration slowest = returns.stream().max(Comparator.naturalOrder()).orElse(Duration.ZERO);
        Duration longest = outages.stream().map(Outage::gap).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
        diary.tell(String.format(Locale.ROOT,
                "seed %d: %d rounds, %d faults (%s); %d attempts, %d acknowledged, 0 lost, no overlap;"
                        + " always well within %.1f s of the last fault; longest outage %.1f s",
                seed, rounds, faults,
                done.entrySet()
                        .stream()
                        .map(e -> ChaosFaults.name(e.getKey()) + " " + e.getValue())
                        .collect(Collectors.joining(", ")),
                report.attempts(), report.acks().size(), slowest.toMillis() / 1e3, longest.toMillis() / 1e3));
        if (redis != null) {
            diary.tell(redis.summary());
        }
        return new Outcome(rounds, faults, report, slowest, longest);
    }
}
