package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Txn;
import io.holdfast.statesync.io.StoreCodec.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LeaseKeeperTest {
    private final StoreReplica replica = new StoreReplica();
    private final List<Command.Expire> proposed = new ArrayList<>();
    private final CompletableFuture<Boolean> unanswered = new CompletableFuture<>();
    private long now = 5;
    private long pause = LeaseKeeper.LONGEST_NANOS;
    private final LeaseKeeper keeper = new LeaseKeeper(replica, () -> now, expire -> {
        proposed.add(expire);
        return unanswered;
    });

    private void grant() {
        replica.apply(new Command.Commit(Txn.when().grant("l", Duration.ofSeconds(1)).build()), now);
    }

    /** Time goes by in the steps that it asks for, as it does for a process that runs. */
    private void run(Duration time) {
        for (long end = now + time.toNanos(); now < end;) {
            now += Math.min(pause, end - now);
            pause = keeper.look();
        }
    }

    @Test
    void proposesAnExpiredLeaseOnce() {
        replica.lead(now);
        grant();
        run(Duration.ofMillis(975));
        assertTrue(proposed.isEmpty());
        run(Duration.ofMillis(500));
        assertEquals(List.of(new Command.Expire("l", 1)), proposed);
    }

    @Test
    void looksAtTheVeryMomentAndSeldomBefore() {
        replica.lead(now);
        grant();
        long granted = now;
        int looks = 0;
        while (proposed.isEmpty()) {
            now += pause;
            pause = keeper.look();
            looks++;
        }
        assertEquals(Duration.ofSeconds(1), Duration.ofNanos(now - granted));
        assertTrue(looks <= 10, looks + " looks");
        assertEquals(LeaseKeeper.SHORTEST_NANOS, pause, "it cannot be ended yet: not asked for in a busy loop");
    }

    @Test
    void aKeepAliveStartsTheTimeAnew() {
        replica.lead(now);
        grant();
        run(Duration.ofMillis(900));
        grant();
        run(Duration.ofMillis(900));
        assertTrue(proposed.isEmpty());
        run(Duration.ofMillis(200));
        assertEquals(List.of(new Command.Expire("l", 2)), proposed);
    }

    @Test
    void aPauseOfTheProcessExpiresNothing() {
        replica.lead(now);
        grant();
        run(Duration.ofMillis(900));
        now += Duration.ofMinutes(1).toNanos();
        keeper.look();
        run(Duration.ofMillis(50));
        assertTrue(proposed.isEmpty(), "the keep-alives of the pause still wait in a queue");
        run(Duration.ofMillis(200));
        assertEquals(1, proposed.size());
    }

    @Test
    void aNewLeaderGivesEveryLeaseItsFullTime() {
        grant();
        run(Duration.ofMillis(900));
        replica.lead(now);
        run(Duration.ofMillis(900));
        assertTrue(proposed.isEmpty());
        run(Duration.ofMillis(200));
        assertEquals(1, proposed.size());
    }

    @Test
    void whoDoesNotLeadProposesNothing() {
        replica.lead(now);
        grant();
        replica.follow();
        run(Duration.ofSeconds(3));
        assertTrue(proposed.isEmpty());
    }

    @Test
    void aLateProposalDoesNotEndALeaseThatWasGrantedAgain() {
        grant();
        grant();
        replica.apply(new Command.Expire("l", 1), now);
        assertEquals(2, replica.read("", true).revision());
        replica.apply(new Command.Expire("l", 2), now);
        assertEquals(3, replica.read("", true).revision());
    }
}
