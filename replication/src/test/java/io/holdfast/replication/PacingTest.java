package io.holdfast.replication;

import io.holdfast.statesync.SyncSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PacingTest {
    private static final Action SEVER = new Action.Sever(SyncSet.NOBODY, "why");

    @Test
    void whatWasDoneIsFollowedByTheNextTurnAtOnce() {
        assertEquals(Duration.ZERO, Pacing.after(SEVER, new Effect.Done()));
        assertEquals(Duration.ZERO, Pacing.after(SEVER, new Effect.Stored(1)));
    }

    @Test
    void whatSomebodyElseWonIsLookedAtSoon() {
        assertEquals(Duration.ofMillis(50), Pacing.after(SEVER, new Effect.Conflicted("other")));
    }

    @Test
    void whatFailedOrMayYetHappenIsLookedAtAfterAPause() {
        assertEquals(Duration.ofMillis(200), Pacing.after(SEVER, new Effect.Failed("no")));
        assertEquals(Duration.ofMillis(200), Pacing.after(SEVER, new Effect.Unknown("no answer")));
    }

    @Test
    void waitingLooksMoreOftenThanResting() {
        assertEquals(Duration.ofMillis(200), Pacing.after(new Action.Wait("why"), new Effect.Done()));
        assertEquals(Duration.ofSeconds(1), Pacing.after(new Action.Stay("why"), new Effect.Done()));
        assertEquals(Duration.ofSeconds(1), Pacing.after(new Action.Refuse("why"), new Effect.Done()));
    }
}
