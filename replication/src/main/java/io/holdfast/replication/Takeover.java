package io.holdfast.replication;

import io.holdfast.config.Durability;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whether a severed standby takes the leadership over; it rests on severed records, and on nothing else. */
final class Takeover {
    /** How long a release that names its successor keeps the others from competing. */
    private static final long NAMED_MILLIS = 1_000;
    /** How long each equal candidate lets the one before it go first. */
    private static final long RANK_MILLIS = 300;

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
        return view.settings().durability() == Durability.QUORUM ? byQuorum(sync) : byLease(sync);
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
        if (there.size() >= needed && leaderlessMillis() >= view.settings().settle().toMillis()) {
            // Who is away and further has only what was never acknowledged: the others are enough without it.
            counted = there;
        }
        return amongEquals(counted, sync, "%d of %d standbys of the sync set have severed"
                .formatted(counted.size(), set.members().size()));
    }

    /** Without a quorum the lease alone decides: it is gone, and every standby that can be reached has severed. */
    private Action byLease(Versioned<SyncSet> sync) {
        long waited = leaderlessMillis();
        List<Attachment.Severed> counted = reachable(severed());
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
        if (position != null && position.epoch().equals(view.cluster().epoch())) {
            long behind = position.lsn().minus(own.flushed());
            if (behind > view.settings().maxLagBytes()) {
                return new Action.Wait("%d bytes behind what the primary recorded, max-lag is %d".formatted(behind,
                        view.settings().maxLagBytes()));
            }
        }
        return amongEquals(counted, sync, "the lease is gone, and this is the most advanced standby");
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
        equals.sort(Comparator.naturalOrder());
        Leadership.Release released = leadership.value().released();
        boolean named = released != null && me.name().equals(released.to());
        long patience = equals.indexOf(me) * RANK_MILLIS
                + (released != null && released.to() != null && !named ? NAMED_MILLIS : 0);
        if (!named && leaderlessMillis() < patience) {
            return new Action.Wait("another candidate goes first");
        }
        return takeOver(counted, equals, sync, why);
    }

    private Action takeOver(List<Attachment.Severed> counted, List<MemberId> equals, Versioned<SyncSet> sync,
            String how) {
        Epoch epoch = leadership.value().epoch().next();
        String why = "%s; %s".formatted(lost(), how);
        equals.remove(me);
        SyncSet next = view.settings().durability() == Durability.QUORUM
                ? SyncSet.of(sync.value().acks(), equals)
                : SyncSet.EMPTY;
        Map<MemberName, Long> versions = new TreeMap<>();
        counted.forEach(s -> versions.put(s.member().name(), view.cluster().attachmentVersion(s.member().name())));
        return new Action.TakeOver(new Leadership(me, epoch, view.at(), why, null), next,
                new HistoryEntry(epoch, me, own.timeline(), own.flushed(), null, null, view.at(), why),
                leadership.version(), sync.version(), versions, why);
    }

    private String lost() {
        Leadership.Release released = leadership.value().released();
        MemberName old = leadership.value().holder().name();
        return released != null ? old + " gave the leadership up (" + released.why() + ")" : old + " lost its lease";
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

    private long leaderlessMillis() {
        Long since = view.memory().leaderlessSince();
        return since == null ? 0 : view.nowMillis() - since;
    }
}
