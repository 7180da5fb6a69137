package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.RedisHealth.Check;
import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.InstanceSeen;
import io.holdfast.replication.redis.SentinelSeen;
import io.holdfast.replication.redis.SentinelView;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RedisHealthTest {
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");
    private static final HostPort R1 = new HostPort("10.0.0.1", 6379);
    private static final HostPort R2 = new HostPort("10.0.0.2", 6379);

    private static InstanceSeen redis(HostPort address, @Nullable HostPort upstream, long offset, boolean linkUp,
            boolean loading, String refusal) {
        return new InstanceSeen(address, "", new InstanceSeen.Facts("id", "7.0.15", 9, upstream, linkUp, offset, 1, 100,
                1, new InstanceSeen.Persistence(true, loading, false, false), new InstanceSeen.Memory(1, 0, 0), 1,
                refusal, 1), null, null);
    }

    private static SentinelSeen names(int number, HostPort master) {
        return SentinelSeen.of(new HostPort("10.0.0." + number, 26379), new SentinelSeen.Told("s" + number, master,
                Set.of("master"), 2, false, "", 5000, List.of(), List.of()));
    }

    private static SentinelView view(List<SentinelSeen> sentinels, InstanceSeen... instances) {
        return new SentinelView("db1", "cache", NOW, sentinels, List.of(instances));
    }

    private static SentinelView view(InstanceSeen... instances) {
        return view(List.of(names(1, R1), names(2, R1), names(3, R1)), instances);
    }

    private static boolean ok(Check check, SentinelView view, HostPort instance, @Nullable Long lag) {
        return RedisHealth.isOk(check, view, instance, lag, NOW);
    }

    @Test
    void thePrimaryIsWhomMostSentinelsName() {
        InstanceSeen master = redis(R1, null, 100, false, false, "");
        InstanceSeen replica = redis(R2, R1, 90, true, false, "");
        assertTrue(ok(Check.PRIMARY, view(master, replica), R1, null));
        assertFalse(ok(Check.PRIMARY, view(master, replica), R2, null));
        assertFalse(ok(Check.REPLICA, view(master, replica), R1, null));
        // It was cut off, and does not know yet.
        List<SentinelSeen> moved = List.of(names(1, R1), names(2, R2), names(3, R2));
        assertFalse(ok(Check.PRIMARY, view(moved, master, replica), R1, null));
        List<SentinelSeen> alone = List.of(names(1, R1), SentinelSeen.silent(new HostPort("10.0.0.2", 26379), "-"),
                SentinelSeen.silent(new HostPort("10.0.0.3", 26379), "-"));
        assertFalse(ok(Check.PRIMARY, view(alone, master, replica), R1, null));
    }

    @Test
    void oneThatRefusesWritesOrLoadsIsNone() {
        assertFalse(ok(Check.PRIMARY, view(redis(R1, null, 100, false, false, "MISCONF")), R1, null));
        assertFalse(ok(Check.PRIMARY, view(redis(R1, null, 100, false, true, "")), R1, null));
        assertFalse(ok(Check.PRIMARY, view(new InstanceSeen(R1, "gone", null, null, null)), R1, null));
    }

    @Test
    void aReplicaIsAsGoodAsItIsNear() {
        SentinelView view = view(redis(R1, null, 100, false, false, ""), redis(R2, R1, 90, true, false, ""));
        assertEquals(Optional.of(10L), RedisHealth.lag(view, R2));
        assertTrue(ok(Check.REPLICA, view, R2, null));
        assertTrue(ok(Check.REPLICA, view, R2, 10L));
        assertFalse(ok(Check.REPLICA, view, R2, 9L));
        SentinelView masterGone = view(new InstanceSeen(R1, "gone", null, null, null),
                redis(R2, R1, 90, true, false, ""));
        assertTrue(ok(Check.REPLICA, masterGone, R2, null));
        assertFalse(ok(Check.REPLICA, masterGone, R2, 1000L), "a distance that is not known is too far");
        assertFalse(
                ok(Check.REPLICA, view(redis(R1, null, 1, false, false, ""), redis(R2, R1, 1, false, false, "")), R2,
                        null),
                "it does not hear its master");
    }

    @Test
    void anOldLookSaysNothingOfNow() {
        SentinelView view = view(redis(R1, null, 100, false, false, ""));
        assertTrue(RedisHealth.isOk(Check.PRIMARY, view, R1, null, NOW.plusSeconds(5)));
        assertFalse(RedisHealth.isOk(Check.PRIMARY, view, R1, null, NOW.plusSeconds(6)));
        assertEquals(List.of(R1), RedisHealth.on("10.0.0.1", view));
    }
}
