package io.holdfast.agent;

import io.holdfast.metrics.Facts;
import io.holdfast.metrics.Sample;
import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Disk;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.MemberStatus.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What alert rules judge about a member, found by its own agent. */
public final class MemberFacts {
    private final String member;
    private final List<Sample> samples = new ArrayList<>();
    private final Set<String> silent = new TreeSet<>();

    private MemberFacts(String member) {
        this.member = member;
    }

    /**
     * What the agent finds beside the shared state.
     *
     * @param reading its PostgreSQL
     * @param headroom what grows there; null: not known
     * @param archiveWaitSeconds for how long WAL waits to be archived; empty: not known; null: nothing is archived here
     * @param certificateDays days until each certificate ends, by what it is; what cannot be read is not there
     * @param clockSkewSeconds empty: nobody to compare with
     */
    public record Found(LocalPostgres reading, @Nullable Headroom headroom, @Nullable OptionalDouble archiveWaitSeconds,
            Map<String, Double> certificateDays, OptionalDouble clockSkewSeconds) {}

    /** All of them. */
    public static Facts of(MemberName self, ClusterState state, Found found) {
        MemberFacts facts = new MemberFacts(self.value());
        MemberStatus status = state.statuses().get(self);
        facts.status(status, state);
        facts.postgres(found);
        OptionalDouble wait = found.archiveWaitSeconds();
        if (wait != null) {
            facts.addOrSilent(Fact.ARCHIVE_WAIT, wait);
        }
        found.certificateDays().forEach((file, days) -> facts.add(Fact.CERTIFICATE_DAYS, days, "file", file));
        if (found.certificateDays().size() < 2) {
            facts.silent.add(Fact.CERTIFICATE_DAYS.metric());
        }
        facts.addOrSilent(Fact.CLOCK_SKEW, found.clockSkewSeconds());
        return new Facts(facts.samples, facts.silent);
    }

    /** Whether a majority is heard; each agent knows that of itself only. */
    public static Facts ofQuorum(MemberName self, boolean hasQuorum) {
        return new Facts(List.of(ClusterFacts.sample(Fact.QUORUM_LOST, hasQuorum ? 0 : 1, "member", self.value())),
                Set.of());
    }

    private void status(@Nullable MemberStatus status, ClusterState state) {
        if (status == null) {
            List.of(Fact.MEMBER_FAILED, Fact.MEMBER_UNWELL, Fact.LAG_SECONDS, Fact.LAG_BYTES, Fact.DISK_FREE,
                    Fact.DISK_FAILING).forEach(fact -> silent.add(fact.metric()));
            return;
        }
        boolean well = switch (status.role()) {
            case PRIMARY, WITNESS -> status.state() == State.RUNNING;
            case STANDBY -> status.state() == State.STREAMING;
            case DOWN -> false;
        };
        add(Fact.MEMBER_FAILED, status.state() == State.FAILED ? 1 : 0);
        add(Fact.MEMBER_UNWELL, well ? 0 : 1);
        lag(status, StatusReport.head(state));
        if (status.role() != Role.WITNESS) {
            Disk disk = status.upkeep().disk();
            boolean failing = disk.condition() == Disk.Condition.UNWRITABLE || disk.condition() == Disk.Condition.HUNG;
            add(Fact.DISK_FAILING, failing ? 1 : 0);
            addOrSilent(Fact.DISK_FREE,
                    disk.freePercent() < 0 ? OptionalDouble.empty() : OptionalDouble.of(disk.freePercent()));
        }
    }

    /** Of a standby that is down, or does not hear its primary, the lag is not known; a primary has none. */
    private void lag(MemberStatus status, @Nullable Lsn head) {
        if (status.role() == Role.DOWN) {
            silent.add(Fact.LAG_SECONDS.metric());
            silent.add(Fact.LAG_BYTES.metric());
        }
        if (status.role() != Role.STANDBY) {
            return;
        }
        double delay = status.replayDelaySeconds();
        addOrSilent(Fact.LAG_SECONDS, delay < 0 ? OptionalDouble.empty() : OptionalDouble.of(delay));
        Lsn own = status.lsn();
        addOrSilent(Fact.LAG_BYTES, own == null || head == null
                ? OptionalDouble.empty()
                : OptionalDouble.of((double) Math.max(0, head.minus(own))));
    }

    /** What a standby has of them is its primary's, and is found there. */
    private void postgres(Found found) {
        switch (found.reading()) {
            case LocalPostgres.Primary _ -> {
                Headroom headroom = found.headroom();
                if (headroom == null) {
                    silent.add(Fact.SLOT_RETAINED.metric());
                    silent.add(Fact.TRANSACTION_AGE.metric());
                } else {
                    headroom.retainedBytes()
                            .forEach((slot, bytes) -> add(Fact.SLOT_RETAINED, (double) bytes, "slot", slot));
                    add(Fact.TRANSACTION_AGE, (double) headroom.transactionAge());
                }
            }
            case LocalPostgres.Stopped _,LocalPostgres.Silent _,LocalPostgres.Foreign _ -> {
                silent.add(Fact.SLOT_RETAINED.metric());
                silent.add(Fact.TRANSACTION_AGE.metric());
            }
            case LocalPostgres.Standby _,LocalPostgres.Absent _,LocalPostgres.Broken _ -> {
                // Nothing grows there.
            }
        }
    }

    private void addOrSilent(Fact fact, OptionalDouble value) {
        if (value.isPresent()) {
            add(fact, value.getAsDouble());
        } else {
            silent.add(fact.metric());
        }
    }

    private void add(Fact fact, double value, String... labels) {
        String[] all = new String[labels.length + 2];
        all[0] = "member";
        all[1] = member;
        System.arraycopy(labels, 0, all, 2, labels.length);
        samples.add(ClusterFacts.sample(fact, value, all));
    }
}
