package io.holdfast.testkit.io;

import io.holdfast.testkit.ChaosRound;
import io.holdfast.testkit.RedisChaosKind;
import io.holdfast.testkit.RedisChaosPlan;
import io.holdfast.testkit.RedisChaosPlan.Planned;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The part of a chaos run that is about Redis: breaks it beside the cluster's own faults, which take the Redis of a host along, and
 * judges what is promised. Redis copies after it has acknowledged, so that a failover which nobody planned may lose something:
 * how much is told. A planned one loses nothing; all is in step again within a minute; two masters do not acknowledge for long;
 * the events are in the stream in order and without a gap, and a subscriber has each.
 */
final class RedisChaos implements AutoCloseable {
    private static final Duration HEALTH = Duration.ofSeconds(60);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration TO_FAIL_OVER = Duration.ofSeconds(90);
    /** Sentinel needs 2 s and an election, and one that was cut off takes no writes after 2 s, which it looks at each second. */
    private static final Duration OF_TWO = Duration.ofSeconds(8);
    private static final int PLANNED_EVERY = 3;
    private static final long WRITES_EVERY_MILLIS = 10;
    private static final Pattern NUMBER = Pattern.compile("\"number\" ?: ?(\\d+)");

    private final Lab lab;
    private final RedisTrio trio;
    private final Diary diary;
    private final RedisChaosPlan plan;
    private final RedisWriter writer;
    private final RedisEvents events;
    private final RedisAcks acks;
    private final Map<RedisChaosKind, Integer> done = new EnumMap<>(RedisChaosKind.class);
    private final List<Long> returns = new ArrayList<>();
    private final List<Long> gaps = new ArrayList<>();
    private int planned;
    private int refused;

    RedisChaos(Lab lab, long seed, Diary diary) {
        this.lab = lab;
        this.trio = lab.redis();
        this.diary = diary;
        this.plan = new RedisChaosPlan(seed, lab.hasCables());
        this.writer = new RedisWriter(trio, WRITES_EVERY_MILLIS);
        this.events = new RedisEvents(trio, "lab", message -> {});
        this.acks = new RedisAcks(trio);
    }

    Planned next(ChaosRound beside) {
        writer.forgetGap();
        return plan.next(beside);
    }

    /**
     * Breaks it now.
     *
     * @throws IllegalStateException where there is nothing to break, for it is broken already
     */
    Fault inject(Planned what) {
        RedisNode master = trio.master();
        RedisNode other = trio.nodes().stream().filter(node -> node != master).findFirst().orElseThrow();
        RedisNode third = trio.nodes()
                .stream()
                .filter(node -> node != master && node != other)
                .findFirst()
                .orElseThrow();
        Fault fault = switch (what.kind()) {
            case KILL_MASTER -> kill("master of Redis", master);
            case RESTART_MASTER ->
                Fault.inject("kill -9 master of Redis on " + master.name() + ", started again", () -> {
                    running(master).kill();
                    master.restartRedis();
                }, () -> {});
            case FREEZE_MASTER -> Fault.inject("SIGSTOP master of Redis on " + master.name(), master::freeze, () -> {
                if (master.runs()) {
                    master.thaw();
                }
            });
            case CUT_OFF_MASTER -> lab.member(master.name()).faults().pullCable();
            case KILL_REPLICA -> kill("replica of Redis", other);
            case KILL_SENTINEL -> killSentinel(master);
            case KILL_SENTINELS -> Fault.together("two Sentinels killed", sentinels(master, third));
        };
        done.merge(what.kind(), 1, Integer::sum);
        return fault;
    }

    private static RedisNode running(RedisNode node) {
        if (!node.runs()) {
            throw new IllegalStateException("no Redis on " + node.name());
        }
        return node;
    }

    private static Fault kill(String what, RedisNode node) {
        return Fault.inject("kill -9 " + what + " on " + node.name(), running(node)::kill, node::restartWhatIsDown);
    }

    private static Fault killSentinel(RedisNode node) {
        return Fault.inject("kill -9 Sentinel on " + node.name(), node::killSentinel, node::restartWhatIsDown);
    }

    private static List<Supplier<Fault>> sentinels(RedisNode one, RedisNode other) {
        return List.of(() -> killSentinel(one), () -> killSentinel(other));
    }

    /** Waits until Redis is whole, is written to, and has all events; now and then moves its master on purpose. */
    void awaitWell(int round, long mendedNanos) {
        trio.awaitWhole(HEALTH.minusNanos(System.nanoTime() - mendedNanos));
        long took = (System.nanoTime() - mendedNanos) / 1_000_000;
        returns.add(took);
        writer.awaitWrites(20);
        long gap = writer.gapMillis();
        gaps.add(gap);
        if (round % PLANNED_EVERY == 0) {
            failOver();
        }
        long last = lastEvent();
        Eventually.within(SOON, "events up to " + last + " are in Redis",
                () -> events.lastNumber() >= last && events.unheard(1, last).isEmpty());
        Duration two = acks.longestOfTwo();
        diary.tell(String.format(Locale.ROOT,
                "   Redis whole %.1f s later, %s is master; longest time without a write %d ms; %d events handed on",
                took / 1e3, trio.master().name(), gap, last));
        if (!events.wrong().isEmpty() || events.gaps() > 0 || two.compareTo(OF_TWO) > 0) {
            throw new AssertionError("events in Redis: " + events.wrong() + ", " + events.gaps()
                    + " gaps; two masters acknowledged for " + two.toMillis() + " ms");
        }
    }

    private void failOver() {
        long from = writer.nextNumber();
        Commands.Result result = lab.members().getFirst().cli(TO_FAIL_OVER, "redis", "failover", RedisTrio.MASTER);
        if (result.exit() != 0) {
            refused++;
            diary.tell("   planned failover of Redis: " + result.text().strip());
            return;
        }
        planned++;
        trio.awaitWhole(HEALTH);
        writer.awaitWrites(20);
        List<Long> lost = Eventually.get(SOON, "the new master tells what it has", () -> {
            try {
                return java.util.Optional.of(writer.missing().stream().filter(number -> number >= from).toList());
            } catch (JedisException e) {
                return java.util.Optional.empty();
            }
        });
        diary.tell("   planned failover of Redis: " + trio.master().name() + " is master, " + lost.size() + " lost");
        if (!lost.isEmpty()) {
            throw new AssertionError("a planned failover of Redis lost what was acknowledged: " + lost);
        }
    }

    private long lastEvent() {
        return Eventually.get(SOON, "an agent tells the events", () -> {
            Commands.Result result = lab.members().getFirst().cli("events", "--json");
            Matcher matcher = NUMBER.matcher(result.out());
            long last = 0;
            while (matcher.find()) {
                last = Math.max(last, Long.parseLong(matcher.group(1)));
            }
            return last == 0 ? java.util.Optional.empty() : java.util.Optional.of(last);
        });
    }

    /** What there is to tell at the end. */
    String summary() {
        return String.format(Locale.ROOT,
                "Redis: %s; whole within %.1f s of the last fault; longest time without a write %.1f s; %d planned"
                        + " failovers that lost nothing, %d refused or failed; unplanned ones lost %d of %d acknowledged;"
                        + " two masters acknowledged for %d ms at most; %d events in its stream, in order, no gap, %d"
                        + " subscriptions",
                done.entrySet()
                        .stream()
                        .map(e -> e.getKey().name().toLowerCase(Locale.ROOT).replace('_', '-') + " " + e.getValue())
                        .collect(Collectors.joining(", ")),
                greatest(returns) / 1e3, greatest(gaps) / 1e3, planned, refused, writer.missing().size(),
                writer.acknowledged(), acks.longestOfTwo().toMillis(), events.lastNumber(), events.subscriptions());
    }

    private static long greatest(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).max().orElse(0);
    }

    @Override
    public void close() {
        acks.close();
        events.close();
        writer.close();
    }
}
