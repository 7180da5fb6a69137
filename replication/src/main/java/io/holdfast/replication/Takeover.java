package io.holdfast.replication;

import io.holdfast.config.Durability;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Suspicion;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether a severed standby takes the leadership over; it rests on severed records, and on nothing else. */
final class Takeover {
    /** How long a release that names its successor keeps the others from competing. */
    private static final long NAMED_MILLIS = 1_000;
    /** How long each equal candidate lets the one before it go first. */
    private static final long RANK_MILLIS = 1_000;
    /** How many times as long as that altogether. */
    private static final long LONGEST_PATIENCE = 5;

    private static final Comparator<Attachment.Severed> FURTHEST = Comparator
            .comparing(Attachment.Severed::timeline)
            .thenComparing(Attachment.Severed::flushed);

    private final View view;
    private final MemberId me;
    private final Attachment.Severed own;
    private final Versioned<Leadership> leadership;

    Takeover(View view, MemberId me, Attachment.Severed own, Versioned<Leadership> leadership) {
        this.view = view;
        this.me = me;
        this.own = own;
        this.leadership = leadership;
    }

    Action decide() {
        Versioned<SyncSet> sync = view.cluster().sync();
        if (sync == null) {
            return new Action.Wait("there is no sync record yet");
        }
        Action.Wait bound = boundByPromises(view, leadership);
        if (bound != null) {
            return bound;
        }
        if (isForced()) {
            return byForce(sync);
        }
        if (Ancestry.isGivenUp(view.cluster(), own.timeline(), own.flushed())) {
            return new Action.Wait(
                    "its WAL was given up by the restore of the cluster, and does not come back by itself");
        }
        if (isNeverPrimary(me.name())) {
            return new Action.Wait("it has failover-priority 0 and is never primary");
        }
        return view.settings().durability() == Durability.QUORUM ? byQuorum(sync) : byLease(sync);
    }

    /** Why it must not take the leadership from a primary that may go on by promises; null when nothing is in the way. */
    static Action.@Nullable Wait boundByPromises(View view, Versioned<Leadership> leadership) {
        String holder = leadership.value().holder().name().value();
        Versioned<Failsafe> failsafe = view.cluster().failsafe();
        if (failsafe != null && !failsafe.value().members().contains(view.self())) {
            return new Action.Wait(
                    holder + " does not know it yet, and may be a primary by the promises of all others");
        }
        return view.nowMillis() < view.pledge().boundUntil(view.cluster())
                ? new Action.Wait("its agent has just started, and may have promised " + holder
                        + " before not to take over")
                : null;
    }

    /** Who would count if this standby severed now and all others of the sync set were as far as it; nobody if it may not lead. */
    static SyncSet expected(View view, MemberId me) {
        Versioned<SyncSet> sync = view.cluster().sync();
        if (sync == null || !sync.value().members().contains(me) || Candidates.isOutside(view.cluster(), me.name())) {
            return SyncSet.NOBODY;
        }
        List<MemberId> others = new ArrayList<>(sync.value().members());
        others.removeIf(m -> m.equals(me) || Candidates.isOutside(view.cluster(), m.name()));
        return others.isEmpty() ? SyncSet.NOBODY : SyncSet.of(sync.value().acks(), others);
    }

    /** An operator wants this member, whatever is lost, and nobody holds the lease. */
    private boolean isForced() {
        Versioned<Handover> handover = view.handover();
        return handover != null && handover.value().forced() && me.name().equals(handover.value().to())
                && !view.cluster().isLed();
    }

    private Action byForce(Versioned<SyncSet> sync) {
        String by = Objects.requireNonNull(view.handover()).value().by();
        LeaderPosition position = view.cluster().position();
        boolean known = position != null && position.epoch().equals(view.cluster().epoch())
                && position.lsn().isAfter(own.flushed());
        String lost = position != null && known
                ? "; what was written from %s to %s, %d bytes, may be lost".formatted(own.flushed(), position.lsn(),
                        position.lsn().minus(own.flushed()))
                : "";
        return takeOver(List.of(own), List.of(me), sync, "forced by " + by + lost);
    }

    private boolean isNeverPrimary(MemberName name) {
        MemberRecord member = view.cluster().members().get(name);
        return member != null && member.failoverPriority() == 0;
    }

    /** With |N| - k + 1 severed the old primary cannot acknowledge, and all that it did is on at least one of them. */
    private Action byQuorum(Versioned<SyncSet> sync) {
        SyncSet set = sync.value();
        if (!set.members().contains(me)) {
            return new Action.Wait(set.isEmpty()
                    ? "the sync set is empty: only " + leadership.value().holder().name()
                            + " has everything that was acknowledged"
                    : me.name() + " is not in the sync set " + set);
        }
        List<Attachment.Severed> counted = severed().stream().filter(s -> set.members().contains(s.member())).toList();
        int needed = set.quorumToSever();
        if (counted.size() < needed) {
            return new Action.Wait("%d of %d standbys of the sync set have severed".formatted(counted.size(), needed));
        }
        List<Attachment.Severed> there = reachable(counted);
        if (there.size() >= needed && view.leaderlessMillis() >= view.settings().settle().toMillis()) {
            // Who is away and further has only what was never acknowledged: the others are enough without it.
            counted = there;
        }
        return amongEquals(counted, sync, "%d of %d standbys of the sync set have severed"
                .formatted(counted.size(), set.members().size()));
    }

    /** Without a quorum the lease alone decides: it is gone, and every standby that can be reached has severed. */
    private Action byLease(Versioned<SyncSet> sync) {
        long waited = view.leaderlessMillis();
        List<Attachment.Severed> counted = reachable(severed()).stream()
                .filter(s -> !isNeverPrimary(s.member().name()))
                .toList();
        boolean allSevered = view.cluster()
                .statuses()
                .keySet()
                .stream()
                .filter(name -> !name.equals(leadership.value().holder().name()) && !isWitness(name))
                .allMatch(name -> counted.stream().anyMatch(s -> s.member().name().equals(name)));
        if (!allSevered && waited < view.settings().settle().toMillis()) {
            return new Action.Wait("not every standby that can be reached has severed");
        }
        LeaderPosition position = view.cluster().position();
        String how = "the lease is gone, and this is the most advanced standby";
        if (position != null && position.epoch().equals(view.cluster().epoch())) {
            long behind = position.lsn().minus(own.flushed());
            if (behind > view.settings().maxLagBytes()) {
                return new Action.Wait("%d bytes behind what the primary recorded, max-lag is %d".formatted(behind,
                        view.settings().maxLagBytes()));
            }
            if (behind > 0) {
                how += "; %d bytes that the primary recorded are lost, and what it wrote since".formatted(behind);
            }
        }
        return amongEquals(counted, sync, how);
    }

    private Action amongEquals(List<Attachment.Severed> counted, Versioned<SyncSet> sync, String why) {
        List<MemberId> equals = new ArrayList<>();
        for (Attachment.Severed other : counted) {
            int further = FURTHEST.compare(other, own);
            if (further > 0) {
                return new Action.Wait(other.member().name() + " is further: " + other.flushed() + " on timeline "
                        + other.timeline());
            }
            if (further == 0) {
                equals.add(other.member());
            }
        }
        equals.removeIf(m -> !m.equals(me) && Candidates.isOutside(view.cluster(), m.name()));
        equals.sort(Candidates.order(view.cluster()));
        Leadership.Release released = leadership.value().released();
        boolean named = released != null && me.name().equals(released.to());
        long patience = equals.indexOf(me) * RANK_MILLIS
                + (released != null && released.to() != null && !named ? NAMED_MILLIS : 0);
        if (!named && waited(patience) < patience) {
            return new Action.Wait("another candidate goes first");
        }
        return takeOver(counted, equals, sync, why);
    }

    /**
     * Since the last standby has severed, so that one that severs late does not lose its turn; but not for ever, as when one goes to and
     * fro.
     */
    private long waited(long patience) {
        Long since = view.memory().attachmentsSince();
        long leaderless = view.leaderlessMillis();
        return since == null || leaderless >= LONGEST_PATIENCE * patience
                ? leaderless
                : Math.min(leaderless, view.nowMillis() - since);
    }

    private Action takeOver(List<Attachment.Severed> counted, List<MemberId> equals, Versioned<SyncSet> sync,
            String how) {
        Epoch epoch = leadership.value().epoch().next();
        Versioned<Failsafe> failsafe = view.cluster().failsafe();
        String why = "%s; %s".formatted(lost(view, leadership.value()), how);
        List<MemberId> others = new ArrayList<>(equals);
        others.remove(me);
        SyncSet next = view.settings().durability() == Durability.QUORUM
                ? SyncSet.of(sync.value().acks(), others)
                : SyncSet.EMPTY;
        Map<MemberName, Long> versions = new TreeMap<>();
        counted.forEach(s -> versions.put(s.member().name(), view.cluster().attachmentVersion(s.member().name())));
        return new Action.TakeOver(new Leadership(me, epoch, view.at(), why, null), next,
                new HistoryEntry(epoch, me, own.timeline(), own.flushed(), null, null, view.at(), why),
                leadership.version(), sync.version(), failsafe == null ? 0 : failsafe.version(), versions, why);
    }

    /** What became of the last holder, in words. */
    static String lost(View view, Leadership leadership) {
        Leadership.Release released = leadership.released();
        MemberName old = leadership.holder().name();
        if (released != null) {
            return old + " gave the leadership up (" + released.why() + ")";
        }
        if (!view.cluster().isLed()) {
            return old + " lost its lease";
        }
        if (view.isHandedOver()) {
            return old + " stops for a switchover";
        }
        Suspicion own = view.cluster().suspicions().get(old);
        return own != null
                ? own.why()
                : "%d of %d agents have had no answer from %s".formatted(view.cluster().suspicions().size(),
                        view.cluster().members().size(), old);
    }

    /** The records of standbys that have severed from the present epoch. */
    private List<Attachment.Severed> severed() {
        return view.cluster()
                .attachments()
                .values()
                .stream()
                .map(Versioned::value)
                .filter(a -> a.epoch().equals(view.cluster().epoch()))
                .filter(Attachment.Severed.class::isInstance)
                .map(Attachment.Severed.class::cast)
                .toList();
    }

    /** Those of whose members the agent is there; this one is. */
    private List<Attachment.Severed> reachable(List<Attachment.Severed> records) {
        return records.stream()
                .filter(s -> s.member().equals(me) || view.cluster().statuses().containsKey(s.member().name()))
                .toList();
    }

    private boolean isWitness(MemberName name) {
        var member = view.cluster().members().get(name);
        return member != null && member.isWitness();
    }
}
