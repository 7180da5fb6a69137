package io.holdfast.replication.redis;

import static io.holdfast.replication.redis.Seen.R1;
import static io.holdfast.replication.redis.Seen.R2;
import static io.holdfast.replication.redis.Seen.R3;
import static io.holdfast.replication.redis.Seen.facts;
import static io.holdfast.replication.redis.Seen.instance;
import static io.holdfast.replication.redis.Seen.whole;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FailoverPlanTest {
    private static FailoverPlan.Go go(FailoverPlan plan) {
        return assertInstanceOf(FailoverPlan.Go.class, plan);
    }

    private static String code(FailoverPlan plan) {
        return assertInstanceOf(FailoverPlan.Refused.class, plan).problem().code();
    }

    private static SentinelView prefers(int r2, int r3) {
        return Seen.with(Seen.with(whole(), instance(R2, Seen.preferred(facts(R1), r2, 5000, "7.0.15"))),
                instance(R3, Seen.preferred(facts(R1), r3, 5000, "7.0.15")));
    }

    @Test
    void theNamedReplicaBecomesThePreferredOneForAWhile() {
        FailoverPlan.Go plan = go(FailoverPlan.of(whole(), R3));
        assertEquals(R1, plan.from());
        assertEquals(R3, plan.to());
        assertEquals(Map.of(R3.toString(), 100), plan.before());
        assertEquals(Map.of(R3.toString(), 1), plan.during());
        assertEquals(Duration.ofSeconds(5), plan.pause());
    }

    @Test
    void oneThatIsAsPreferredStepsBack() {
        FailoverPlan.Go plan = go(FailoverPlan.of(prefers(1, 0), R3));
        assertEquals(Map.of(R2.toString(), 1, R3.toString(), 0), plan.before());
        assertEquals(Map.of(R2.toString(), 100, R3.toString(), 1), plan.during());
    }

    @Test
    void withoutANameThePreferredReplicaIsTakenAndOfEqualOnesTheFurthest() {
        assertEquals(R3, go(FailoverPlan.of(prefers(50, 10), null)).to());
        assertEquals(R2, go(FailoverPlan.of(prefers(50, 0), null)).to(), "0 means never");
        assertEquals(R3, go(FailoverPlan
                .of(Seen.with(prefers(50, 50), instance(R3, Seen.preferred(facts(R1), 50, 5001, "7.0.15"))), null))
                .to());
    }

    @Test
    void nothingIsPlannedIntoSentinelsWorkOrPastIt() {
        assertEquals("HF-6003", code(FailoverPlan.of(Seen.one(whole(), 1, told -> Seen.naming(told, R2)), null)));
        assertEquals("HF-6003", code(FailoverPlan.of(Seen.silent(whole(), 0, 1, 2), null)));
        for (String flag : new String[]{"s_down", "o_down", "failover_in_progress"}) {
            assertEquals("HF-6004",
                    code(FailoverPlan.of(Seen.one(whole(), 2, told -> Seen.flagged(told, "master", flag)), null)));
        }
        assertEquals("HF-6005", code(FailoverPlan.of(Seen.every(whole(), told -> Seen.patient(told, 1999)), null)));
        assertEquals("HF-6006",
                code(FailoverPlan.of(Seen.every(whole(), told -> Seen.voting(told, 2, false, "NOQUORUM")), null)));
        assertEquals("HF-6006", code(FailoverPlan.of(Seen.with(whole(), instance(R1, null)), null)));
    }

    @Test
    void whoIsNotInStepCannotTakeOver() {
        assertEquals("HF-6007", code(FailoverPlan.of(whole(), R1)));
        assertEquals("HF-6007", code(FailoverPlan.of(Seen.with(whole(), instance(R2, null)), R2)));
        assertEquals("HF-6007", code(FailoverPlan.of(Seen.with(whole(), instance(R2, facts(R3))), R2)));
        SentinelView behind = Seen.with(whole(), instance(R1,
                Seen.preferred(facts(null), 100, 5001 + FailoverPlan.MOST_LAG_BYTES, "7.0.15")));
        assertEquals("HF-6007", code(FailoverPlan.of(behind, R2)));
    }
}
