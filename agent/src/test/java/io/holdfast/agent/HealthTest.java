package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.agent.Health.Check;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HealthTest {
    private final MemoryAgent agent = new MemoryAgent();

    @Test
    void aPrimaryWithItsLeaseTakesWrites() {
        assertEquals(EnumSet.of(Check.PRIMARY, Check.READ_ONLY, Check.HEALTH, Check.LIVENESS, Check.READINESS),
                passed());
    }

    @Test
    void aPrimaryWhoseLeaseRanOutIsNoPrimaryToAnybody() {
        agent.lease = false;
        assertEquals(EnumSet.of(Check.HEALTH, Check.LIVENESS), passed());
    }

    @Test
    void theLeaseAloneMakesNoPrimary() {
        agent.reading = MemoryAgent.standby("0/5000148", false);
        assertEquals(EnumSet.of(Check.REPLICA, Check.READ_ONLY, Check.HEALTH, Check.LIVENESS), passed());
    }

    @Test
    void aStandbyThatStreamsIsReady() {
        agent.reading = MemoryAgent.standby("0/5000148", true);
        agent.lease = false;
        assertEquals(EnumSet.of(Check.REPLICA, Check.READ_ONLY, Check.HEALTH, Check.LIVENESS, Check.READINESS),
                passed());
    }

    @Test
    void aStandbyOfTheSyncSetIsSyncOnlyWhenEveryCommitWaitsForIt() {
        agent.reading = MemoryAgent.standby("0/5000148", true);
        List<MemberId> both = List.of(MemberId.of("db1", "aa"), MemberId.of("db2", "bb"));
        agent.state = MemoryAgent.withSync(agent.state, SyncSet.of(1, both));
        assertEquals(Set.of(Check.QUORUM), both(passed()));
        agent.state = MemoryAgent.withSync(agent.state, SyncSet.of(2, both));
        assertEquals(Set.of(Check.QUORUM, Check.SYNC), both(passed()));
        agent.state = MemoryAgent.withSync(agent.state, SyncSet.EMPTY);
        assertEquals(Set.of(), both(passed()));
    }

    @Test
    void aStandbyThatIsTooFarBehindIsNoReplica() {
        agent.reading = MemoryAgent.standby("0/5000048", true);
        assertEquals(false, Health.isOk(Check.REPLICA, Health.Facts.of(agent), atMost(255)));
        assertEquals(true, Health.isOk(Check.REPLICA, Health.Facts.of(agent), atMost(256)));
        assertEquals(256L, Health.body(Health.Facts.of(agent)).get("lagBytes"));
    }

    @Test
    void aStandbyThatIsTooLateIsNoReplica() {
        agent.reading = MemoryAgent.standby("0/5000148", true);
        agent.state = MemoryAgent.withDelay(agent.state, "db1", 4.5);
        assertEquals(true, Health.isOk(Check.REPLICA, Health.Facts.of(agent), within(4_500)));
        assertEquals(false, Health.isOk(Check.REPLICA, Health.Facts.of(agent), within(4_499)));
        assertEquals(4.5, Health.body(Health.Facts.of(agent)).get("lagSeconds"));
    }

    @Test
    void aLagThatIsNotKnownIsTooMuch() {
        agent.reading = MemoryAgent.standby("0/5000148", true);
        agent.state = MemoryAgent.withDelay(agent.state, "db1", MemberStatus.UNKNOWN);
        assertEquals(false, Health.isOk(Check.REPLICA, Health.Facts.of(agent), within(3_600_000)));
        agent.state = MemoryAgent.withDelay(agent.state, "db1", 0);
        assertEquals(true, Health.isOk(Check.REPLICA, Health.Facts.of(agent), within(1)));
        agent.quorum = false;
        assertEquals(false, Health.isOk(Check.REPLICA, Health.Facts.of(agent), within(3_600_000)));
        assertEquals(false, Health.isOk(Check.REPLICA, Health.Facts.of(agent), atMost(1L << 40)));
        assertEquals(true, Health.isOk(Check.REPLICA, Health.Facts.of(agent), Health.Limit.NONE));
    }

    private static Health.Limit atMost(long bytes) {
        return new Health.Limit(bytes, null);
    }

    private static Health.Limit within(long millis) {
        return new Health.Limit(null, Duration.ofMillis(millis));
    }

    @Test
    void aStandbyThatIsToldSoStaysOutOfLoadBalancing() {
        agent.reading = MemoryAgent.standby("0/5000148", true);
        agent.state = MemoryAgent.withTags(agent.state, "db1", Map.of("noloadbalance", "true"));
        assertEquals(EnumSet.of(Check.HEALTH, Check.LIVENESS, Check.READINESS), passed());
    }

    @Test
    void aStoppedPostgresPassesNothingButLiveness() {
        agent.reading = new LocalPostgres.Absent();
        assertEquals(EnumSet.of(Check.LIVENESS), passed());
    }

    @Test
    void aLoopThatNoLongerTurnsIsNotAlive() {
        agent.sinceLastTurn = Duration.ofMillis(10_001);
        assertEquals(EnumSet.of(Check.PRIMARY, Check.READ_ONLY, Check.HEALTH, Check.READINESS), passed());
    }

    @Test
    void pathsArePatronis() {
        Map<String, Check> paths = Map.of("/", Check.PRIMARY, "/primary", Check.PRIMARY, "/leader", Check.PRIMARY,
                "/read-write",
                Check.PRIMARY, "/replica", Check.REPLICA, "/read-only", Check.READ_ONLY, "/sync", Check.SYNC, "/quorum",
                Check.QUORUM);
        paths.forEach((path, check) -> assertEquals(check, Check.ofPath(path).orElseThrow(), path));
        assertEquals(true, Check.ofPath("/nothing").isEmpty());
    }

    private EnumSet<Check> passed() {
        EnumSet<Check> passed = EnumSet.noneOf(Check.class);
        for (Check check : Check.values()) {
            if (Health.isOk(check, Health.Facts.of(agent), Health.Limit.NONE)) {
                passed.add(check);
            }
        }
        return passed;
    }

    private static Set<Check> both(EnumSet<Check> passed) {
        passed.retainAll(EnumSet.of(Check.SYNC, Check.QUORUM));
        return passed;
    }
}
