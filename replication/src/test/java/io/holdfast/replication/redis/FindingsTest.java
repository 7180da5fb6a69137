package io.holdfast.replication.redis;

import static io.holdfast.replication.redis.Seen.NOW;
import static io.holdfast.replication.redis.Seen.R1;
import static io.holdfast.replication.redis.Seen.R2;
import static io.holdfast.replication.redis.Seen.R3;
import static io.holdfast.replication.redis.Seen.facts;
import static io.holdfast.replication.redis.Seen.instance;
import static io.holdfast.replication.redis.Seen.whole;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FindingsTest {
    private static final InstanceSeen.Persistence NONE = new InstanceSeen.Persistence(false, false, false, false);

    /** A view for each kind of finding, in which it is the matter. */
    private static Map<FindingKind, SentinelView> spoiled() {
        Map<FindingKind, SentinelView> views = new TreeMap<>();
        SentinelView whole = whole();
        views.put(FindingKind.MASTER_DOWN, Seen.one(whole, 0, told -> Seen.flagged(told, "master", "s_down")));
        views.put(FindingKind.MASTER_SILENT, Seen.with(whole, instance(R1, null)));
        views.put(FindingKind.MASTER_REFUSES, Seen.with(whole, instance(R1, Seen.refusing(facts(null), "MISCONF"))));
        views.put(FindingKind.MASTER_RESTARTED_EMPTY, Seen.with(whole, new InstanceSeen(R1, "",
                Seen.keeping(facts(null), NONE), NOW.minusSeconds(2), null)));
        views.put(FindingKind.TWO_MASTERS, Seen.with(whole, instance(R3, facts(null))));
        views.put(FindingKind.NO_QUORUM, Seen.silent(whole, 1, 2));
        views.put(FindingKind.SENTINELS_DISAGREE, Seen.one(whole, 2, told -> Seen.naming(told, R2)));
        views.put(FindingKind.TILT, Seen.one(whole, 1, told -> Seen.voting(told, 2, true, "")));
        views.put(FindingKind.SENTINEL_SILENT, Seen.silent(whole, 2));
        views.put(FindingKind.PEERS_DISAGREE,
                Seen.one(whole, 0, told -> Seen.listing(told, List.of(), told.replicas())));
        views.put(FindingKind.UNSAFE_QUORUM, Seen.every(whole, told -> Seen.voting(told, 1, false, "")));
        views.put(FindingKind.SENTINELS_ON_ONE_HOST, new SentinelView("db1", "cache", NOW,
                List.of(Seen.sentinel(new HostPort("10.0.0.9", 1)), Seen.sentinel(new HostPort("10.0.0.9", 2))),
                whole.instances()));
        views.put(FindingKind.STALE_ENTRY, Seen.one(whole, 0, told -> Seen.listing(told, told.peers(),
                List.of(Seen.listed(R2, 0), Seen.listed(R3, Findings.STALE.toMillis())))));
        views.put(FindingKind.NO_REPLICAS, Seen.every(whole, told -> Seen.listing(told, told.peers(), List.of())));
        views.put(FindingKind.NO_CANDIDATE, Seen.with(Seen.with(whole, instance(R2, Seen.preferred(facts(R1), 0, 1,
                "7.0.15"))), instance(R3, Seen.preferred(facts(R1), 0, 1, "7.0.15"))));
        views.put(FindingKind.REPLICA_SILENT, Seen.with(whole, instance(R2, null)));
        views.put(FindingKind.REPLICA_UNLINKED, Seen.with(whole, instance(R2,
                Seen.fed(facts(R1), false, 1, new InstanceSeen.Memory(1, 0, 0)))));
        views.put(FindingKind.WRONG_MASTER, Seen.with(whole, instance(R2, facts(R3))));
        views.put(FindingKind.VERSIONS_DIFFER,
                Seen.with(whole, instance(R2, Seen.preferred(facts(R1), 100, 1, "6.2.1"))));
        views.put(FindingKind.MIN_REPLICAS_ZERO, Seen.with(whole, instance(R1,
                Seen.fed(facts(null), true, 0, new InstanceSeen.Memory(1, 0, 0)))));
        views.put(FindingKind.NO_PERSISTENCE, Seen.with(whole, instance(R1, Seen.keeping(facts(null), NONE))));
        views.put(FindingKind.DISK_FAILS, Seen.with(whole, instance(R2, Seen.keeping(facts(R1),
                new InstanceSeen.Persistence(true, false, true, false)))));
        views.put(FindingKind.MEMORY_FULL, Seen.with(whole, instance(R2,
                Seen.fed(facts(R1), true, 1, new InstanceSeen.Memory(90, 100, 0)))));
        return views;
    }

    @Test
    void nothingIsWrongWithAWholeOne() {
        assertEquals(List.of(), Findings.of(whole()));
    }

    @Test
    void everyKindIsFoundWhereItIsTheMatter() {
        spoiled().forEach((kind, view) -> {
            Set<FindingKind> found = Findings.of(view).stream().map(RedisFinding::kind).collect(Collectors.toSet());
            assertTrue(found.contains(kind), kind + " is not among " + found);
        });
        Set<FindingKind> seen = EnumSet.copyOf(spoiled().keySet());
        seen.add(FindingKind.BLIND_SPOT);
        assertEquals(EnumSet.allOf(FindingKind.class), seen, "each kind has its test");
    }

    @Test
    void oneThingIsWrongAtATime() {
        Map<FindingKind, Set<FindingKind>> together = Map.of(FindingKind.NO_QUORUM, Set.of(FindingKind.SENTINEL_SILENT),
                FindingKind.MASTER_RESTARTED_EMPTY, Set.of(FindingKind.NO_PERSISTENCE),
                FindingKind.SENTINELS_ON_ONE_HOST, Set.of(FindingKind.UNSAFE_QUORUM));
        spoiled().forEach((kind, view) -> {
            Set<FindingKind> found = Findings.of(view).stream().map(RedisFinding::kind).collect(Collectors.toSet());
            found.removeAll(together.getOrDefault(kind, Set.of()));
            assertEquals(Set.of(kind), found);
        });
    }

    @Test
    void everyWayOfRefusingIsTold() {
        Map<String, String> words = Map.of("MISCONF", "MISCONF", "OOM", "memory is full", "NOREPLICAS", "too few",
                "READONLY", "READONLY");
        words.forEach((word, part) -> {
            String text = Findings.refusal(Seen.refusing(facts(null), word));
            assertTrue(text.contains(part), text);
        });
        assertTrue(Findings.refusal(Seen.keeping(facts(null), new InstanceSeen.Persistence(true, true, false, false)))
                .contains("loading"));
    }

    @Test
    void twoEntriesWithOneRunIdAreAStaleOne() {
        SentinelSeen.Listed twice = new SentinelSeen.Listed(new HostPort("10.0.0.7", 6379), "run-" + R2, Set.of(), 0,
                100);
        SentinelView view = Seen.one(whole(), 0, told -> Seen.listing(told, told.peers(),
                List.of(Seen.listed(R2, 0), Seen.listed(R3, 0), twice)));
        assertEquals(List.of(FindingKind.STALE_ENTRY), Findings.of(view).stream().map(RedisFinding::kind).toList());
    }

    @Test
    void whatOnlyOneAgentDoesNotHearIsItsBlindSpot() {
        SentinelView blind = Seen.with(whole(), instance(R1, null));
        List<RedisFinding> found = SentinelAdvice
                .of(List.of(blind, Seen.by(whole(), "db2")), RedisConfig.Mode.OBSERVE, null, NOW)
                .findings();
        assertEquals(List.of(FindingKind.BLIND_SPOT), found.stream().map(RedisFinding::kind).toList());
        assertEquals("10.0.0.1:6379 is silent for db1, and answers db2", found.getFirst().text());
        List<RedisFinding> both = SentinelAdvice
                .of(List.of(blind, Seen.by(blind, "db2")), RedisConfig.Mode.OBSERVE, null, NOW)
                .findings();
        assertEquals(List.of("db1", "db2"), both.getFirst().by());
        assertEquals(FindingKind.MASTER_SILENT, both.getFirst().kind());
    }

    @Test
    void whatIsOnlyAFigureIsNoNews() {
        InstanceSeen.Facts later = Seen.preferred(facts(R1), 100, 9999, "7.0.15");
        assertEquals(whole().essence(), Seen.with(whole(), instance(R2, later)).essence());
        assertTrue(!whole().essence().equals(Seen.with(whole(), instance(R2, facts(R3))).essence()));
    }
}
