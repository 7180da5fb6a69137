package io.holdfast.replication.redis;

import static io.holdfast.replication.redis.Seen.NOW;
import static io.holdfast.replication.redis.Seen.R1;
import static io.holdfast.replication.redis.Seen.R2;
import static io.holdfast.replication.redis.Seen.R3;
import static io.holdfast.replication.redis.Seen.SENTINELS;
import static io.holdfast.replication.redis.Seen.facts;
import static io.holdfast.replication.redis.Seen.whole;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class SentinelAdviceTest {
    private static final Duration BROKEN = SentinelAdvice.BROKEN_FOR.plusSeconds(5);
    private static final HostPort GONE = new HostPort("10.0.0.8", 6379);

    private static @Nullable RedisAction act(SentinelView view) {
        return SentinelAdvice.of(List.of(view, Seen.by(view, "db2")), Mode.ACT, null, NOW).action();
    }

    private static RedisAction acts(SentinelView view) {
        return Objects.requireNonNull(act(view), "nothing is done");
    }

    private static InstanceSeen since(HostPort address, InstanceSeen.Facts facts, Duration ago) {
        return new InstanceSeen(address, "", facts, null, NOW.minus(ago));
    }

    private static SentinelView misconfigured() {
        return Seen.with(whole(), since(R1, Seen.refusing(facts(null), "MISCONF"), BROKEN));
    }

    private static SentinelView astray() {
        return Seen.with(whole(), since(R2, facts(R3), SentinelAdvice.ASTRAY_FOR));
    }

    private static SentinelView stale() {
        return Seen.every(whole(), told -> Seen.listing(told, told.peers(),
                List.of(Seen.listed(R2, 0), Seen.listed(R3, 0), Seen.listed(GONE, Findings.STALE.toMillis()))));
    }

    // ---- examples

    @Example
    void nothingIsDoneAboutAWholeOne() {
        assertNull(act(whole()));
    }

    @Example
    void aMasterThatFailsClientsAndNotSentinelIsReplaced() {
        RedisAction action = act(misconfigured());
        assertTrue(action instanceof RedisAction.Failover, String.valueOf(action));
        assertEquals("SENTINEL FAILOVER cache", action.command());
        assertEquals(SENTINELS.get(0), action.at());
        assertTrue(action.why().contains("MISCONF"), action.why());
    }

    @Example
    void oneThatLoadsForLongIsReplacedByAReplicaThatHasData() {
        InstanceSeen.Facts loads = Seen.keeping(facts(null), new InstanceSeen.Persistence(true, true, false, false));
        InstanceSeen.Facts unlinked = Seen.fed(facts(R1), false, 1, new InstanceSeen.Memory(1, 0, 0));
        SentinelView view = Seen.with(Seen.with(whole(), since(R1, loads, BROKEN)), Seen.instance(R2, unlinked));
        assertTrue(act(view) instanceof RedisAction.Failover, String.valueOf(act(view)));
        InstanceSeen.Facts empty = Seen.preferred(unlinked, 100, 0, "7.0.15");
        assertNull(act(Seen.with(Seen.with(view, Seen.instance(R2, empty)), Seen.instance(R3, empty))));
    }

    @Example
    void notWhereItOnlyJustBeganOrOneAgentSeesItOrNobodyCouldTakeOver() {
        SentinelView broken = misconfigured();
        assertNull(act(Seen.with(whole(), since(R1, Seen.refusing(facts(null), "MISCONF"), BROKEN.minusMillis(1)))),
                "Sentinel, for which it is down by then, has its time first");
        assertNull(SentinelAdvice.of(List.of(broken, Seen.by(whole(), "db2")), Mode.ACT, null, NOW).action());
        InstanceSeen.Persistence failed = new InstanceSeen.Persistence(true, false, true, false);
        assertNull(act(Seen.with(Seen.with(broken, Seen.instance(R2, Seen.keeping(facts(R1), failed))),
                Seen.instance(R3, Seen.keeping(facts(R1), failed)))));
        assertNull(act(Seen.with(whole(), since(R1, Seen.refusing(facts(null), "OOM"), Duration.ofMinutes(5)))),
                "memory that is full is full on the replicas too");
        assertNull(act(Seen.every(broken, told -> Seen.voting(told, 2, false, "NOQUORUM"))));
    }

    @Example
    void aReplicaThatSentinelDoesNotBringBackIsBroughtBack() {
        assertEquals("REPLICAOF 10.0.0.1 6379", acts(astray()).command());
        assertEquals(R2, acts(astray()).at());
        assertNull(act(Seen.with(whole(), since(R2, facts(R3), Duration.ofSeconds(30)))),
                "Sentinel has its time first");
        assertNull(act(Seen.with(whole(), since(R2, facts(null), Duration.ofHours(1)))),
                "what a second master has taken is not thrown away");
    }

    @Example
    void whatIsGoneIsForgottenByOneSentinelAfterTheOther() {
        SentinelView view = stale();
        assertEquals(SENTINELS.get(0), acts(view).at());
        SentinelView first = Seen.one(view, 0,
                told -> Seen.listing(told, told.peers(), List.of(Seen.listed(R2, 0), Seen.listed(R3, 0))));
        assertEquals(SENTINELS.get(1), acts(first).at());
        assertNull(SentinelAdvice.of(List.of(first), Mode.ACT,
                new SentinelAdvice.Last("reset", NOW.minus(SentinelAdvice.BETWEEN_RESETS).plusSeconds(1)), NOW)
                .action());
        assertNull(act(Seen.silent(view, 2)), "one that is away would not vote");
        assertNull(act(Seen.every(whole(), told -> Seen.listing(told, told.peers(),
                List.of(Seen.listed(R2, 0), Seen.listed(R3, 0), Seen.listed(GONE, 60_000))))));
    }

    @Example
    void afterAFailoverThereIsNoneForAWhile() {
        SentinelAdvice.Last last = new SentinelAdvice.Last("failover",
                NOW.minus(SentinelAdvice.BETWEEN_FAILOVERS).plusSeconds(1));
        assertNull(SentinelAdvice.of(List.of(misconfigured()), Mode.ACT, last, NOW).action());
        SentinelAdvice.Last longAgo = new SentinelAdvice.Last("failover", NOW.minus(SentinelAdvice.BETWEEN_FAILOVERS));
        assertTrue(SentinelAdvice.of(List.of(misconfigured()), Mode.ACT, longAgo, NOW).now());
    }

    @Example
    void adviceIsToldAndNotTaken() {
        SentinelAdvice advice = SentinelAdvice.of(List.of(misconfigured()), Mode.ADVISE, null, NOW);
        assertTrue(advice.action() instanceof RedisAction.Failover && !advice.now());
    }

    // ---- of all views

    @Property(tries = 1000)
    void observingNeverActsAndAdvisingNeverDoes(@ForAll("views") List<SentinelView> views) {
        assertNull(SentinelAdvice.of(views, Mode.OBSERVE, null, NOW).action());
        assertTrue(!SentinelAdvice.of(views, Mode.OBSERVE, null, NOW).now());
        assertTrue(!SentinelAdvice.of(views, Mode.ADVISE, null, NOW).now());
    }

    @Property(tries = 1000)
    void whatSentinelDoesItselfIsLeftToIt(@ForAll("views") List<SentinelView> views) {
        boolean busy = views.stream()
                .flatMap(view -> view.told().stream())
                .anyMatch(told -> told.isDown() || told.isFailingOver() || told.tilt());
        RedisAction action = SentinelAdvice.of(views, Mode.ACT, null, NOW).action();
        assertTrue(!busy || action == null, () -> "in the middle of Sentinel's work: " + action);
    }

    @Property(tries = 1000)
    void aResetNeedsAllSentinelsAndSomethingLongGone(@ForAll("views") List<SentinelView> views) {
        if (SentinelAdvice.of(views, Mode.ACT, null, NOW).action() instanceof RedisAction.Reset reset) {
            for (SentinelView view : views) {
                assertEquals(view.sentinels().size(), view.told().size());
                assertEquals(1, view.told().stream().map(SentinelSeen.Told::master).distinct().count());
            }
            assertTrue(views.getFirst()
                    .told()
                    .stream()
                    .flatMap(told -> told.replicas().stream())
                    .anyMatch(one -> one.downMillis() >= Findings.STALE.toMillis()));
            assertEquals(1, SENTINELS.stream().filter(reset.at()::equals).count(), "one at a time");
            assertNull(SentinelAdvice.of(views, Mode.ACT, new SentinelAdvice.Last("reset", NOW), NOW).action());
        }
    }

    @Property(tries = 1000)
    void aReplicaIsNeverPointedAtWhatIsNoMaster(@ForAll("views") List<SentinelView> views) {
        if (SentinelAdvice.of(views, Mode.ACT, null, NOW).action() instanceof RedisAction.Refollow refollow) {
            assertTrue(views.stream()
                    .allMatch(view -> view.instance(refollow.master()).filter(InstanceSeen::isMaster).isPresent()));
            assertTrue(views.stream()
                    .noneMatch(view -> view.instance(refollow.at()).filter(InstanceSeen::isMaster).isPresent()),
                    "a second master's data is not thrown away");
        }
    }

    @Property(tries = 1000)
    void theSameViewsGiveTheSameAdvice(@ForAll("views") List<SentinelView> views) {
        assertEquals(SentinelAdvice.of(views, Mode.ACT, null, NOW), SentinelAdvice.of(views, Mode.ACT, null, NOW));
    }

    @Example
    void everyActionOccursAmongTheViews() {
        Set<String> words = views().sampleStream()
                .limit(3000)
                .map(views -> SentinelAdvice.of(views, Mode.ACT, null, NOW).action())
                .filter(action -> action != null)
                .map(RedisAction::word)
                .collect(java.util.stream.Collectors.toSet());
        assertEquals(Set.of("failover", "refollow", "reset"), words);
    }

    /** From one to three agents; each view is often whole but for a thing or two, so that actions do occur. */
    @Provide
    Arbitrary<List<SentinelView>> views() {
        return Arbitraries.oneOf(view().list().ofMinSize(1).ofMaxSize(3),
                view().map(view -> List.of(view, Seen.by(view, "db2"), Seen.by(view, "db3"))));
    }

    private static Arbitrary<SentinelView> view() {
        return Combinators.combine(Arbitraries.of(whole(), misconfigured(), astray(), stale()),
                change().list().ofMaxSize(2)).as((begin, changes) -> {
                    SentinelView view = begin;
                    for (Change change : new ArrayList<>(changes)) {
                        view = change.apply(view);
                    }
                    return view;
                });
    }

    private interface Change {
        SentinelView apply(SentinelView view);
    }

    private static Arbitrary<Change> change() {
        Arbitrary<Integer> sentinel = Arbitraries.integers().between(0, 2);
        Arbitrary<HostPort> redis = Arbitraries.of(R1, R2, R3);
        Arbitrary<Set<String>> flags = Arbitraries
                .of("s_down", "o_down", "failover_in_progress", "disconnected", "master")
                .set()
                .ofMaxSize(2);
        return Arbitraries.oneOf(
                Combinators.combine(sentinel, flags)
                        .as((number, words) -> view -> Seen.one(view, number,
                                told -> Seen.flagged(told, words.toArray(String[]::new)))),
                sentinel.map(number -> view -> Seen.silent(view, number)),
                Combinators.combine(sentinel, redis)
                        .as((number, master) -> view -> Seen.one(view, number, told -> Seen.naming(told, master))),
                redis.map(master -> view -> Seen.every(view, told -> Seen.naming(told, master))),
                sentinel.map(number -> view -> Seen.one(view, number, told -> Seen.voting(told, 2, true, ""))),
                redis.map(address -> view -> Seen.with(view, Seen.instance(address, null))),
                Combinators.combine(redis, redis.injectNull(0.3), Arbitraries.of("", "MISCONF", "OOM"))
                        .as((address, upstream, word) -> view -> Seen.with(view,
                                since(address, Seen.refusing(facts(upstream), word), Duration.ofMinutes(2)))));
    }
}
