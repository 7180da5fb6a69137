package io.holdfast.replication.sim;

import io.holdfast.replication.Action;
import io.holdfast.replication.Ancestry;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Memory;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.View;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Requests;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The rules of the protocol, each broken on purpose. Every one must be noticed, or the simulator proves nothing. */
enum BrokenRule implements Mutation {
    /** A renewal takes the lock back from its successor. */
    RENEWS_WITHOUT_COMPARING_THE_EPOCH {
        @Override
        public Txn txn(Txn txn) {
            boolean renewal = txn.operations().size() <= 2
                    && txn.operations().getFirst() instanceof Txn.Operation.Grant grant
                    && grant.lease().startsWith("leader-");
            if (!renewal) {
                return txn;
            }
            String lease = ((Txn.Operation.Grant) txn.operations().getFirst()).lease();
            Txn.Builder blind = Txn.when().grant(lease, Duration.ofSeconds(5)).put(Keys.LEASE, "blind", lease);
            OLD_LEADERSHIP.get().forEach((epoch, json) -> {
                if (("leader-" + epoch).equals(lease)) {
                    blind.put(Keys.LEADER, json);
                }
            });
            return blind.build();
        }

        @Override
        public Action action(View view, Action action) {
            var leadership = view.cluster().leadership();
            if (leadership != null) {
                OLD_LEADERSHIP.get()
                        .put(leadership.value().epoch().number(),
                                new io.holdfast.statesync.io.ClusterJson().write(leadership.value()));
            }
            return action;
        }
    },

    /** The lease ends when the hold does: nothing is left for fencing. */
    NO_MARGIN {
        @Override
        public Txn txn(Txn txn) {
            return new Txn(txn.compares(), txn.operations()
                    .stream()
                    .map(o -> o instanceof Txn.Operation.Grant grant && grant.lease().startsWith("leader-")
                            ? new Txn.Operation.Grant(grant.lease(), Duration.ofSeconds(4))
                            : o)
                    .toList());
        }
    },

    /** A member joins in PostgreSQL before it does in the record. */
    ADDS_TO_POSTGRES_FIRST {
        @Override
        public boolean reverses(View view, Action action) {
            return action instanceof Action.RecordSync record && changes(view, record.set(),
                    (from, to) -> !from.isEmpty() && to.members().size() > from.members().size());
        }
    },

    /** Fewer acknowledgements in PostgreSQL before the record. */
    LOWERS_ACKS_IN_POSTGRES_FIRST {
        @Override
        public boolean reverses(View view, Action action) {
            return action instanceof Action.RecordSync record && changes(view, record.set(),
                    (from, to) -> !to.isEmpty() && to.members().equals(from.members()) && to.acks() < from.acks());
        }
    },

    /** PostgreSQL goes on alone before the record says so. */
    EMPTIES_POSTGRES_FIRST {
        @Override
        public boolean reverses(View view, Action action) {
            return action instanceof Action.RecordSync record
                    && changes(view, record.set(), (from, to) -> !from.isEmpty() && to.isEmpty());
        }
    },

    /** A member leaves the record before PostgreSQL has stopped counting it. */
    REMOVES_FROM_THE_RECORD_FIRST {
        @Override
        public boolean reverses(View view, Action action) {
            return action instanceof Action.SetSync set && isPrimary(view) && changes(view, set.set(),
                    (from, to) -> !to.isEmpty() && to.members().size() < from.members().size());
        }
    },

    /** More acknowledgements in the record before PostgreSQL asks for them. */
    RAISES_ACKS_IN_THE_RECORD_FIRST {
        @Override
        public boolean reverses(View view, Action action) {
            return action instanceof Action.SetSync set && isPrimary(view) && changes(view, set.set(),
                    (from, to) -> to.members().equals(from.members()) && to.acks() > from.acks());
        }
    },

    /** Up from the empty set in the record before PostgreSQL waits for anybody. */
    FILLS_THE_RECORD_FIRST {
        @Override
        public boolean reverses(View view, Action action) {
            return action instanceof Action.SetSync set && isPrimary(view)
                    && changes(view, set.set(), (from, to) -> from.isEmpty() && !to.isEmpty());
        }
    },

    /** Takes over with one severed record too few. */
    COUNTS_ONE_SEVERED_TOO_FEW {
        @Override
        public View view(View view) {
            var sync = view.cluster().sync();
            MemberId me = view.me();
            if (!view.cluster().mayBeSucceeded() || sync == null || me == null || sync.value().members().size() < 2) {
                return view;
            }
            for (MemberId member : sync.value().members()) {
                var attachment = view.cluster().attachments().get(member.name());
                boolean severed = attachment != null && attachment.value() instanceof Attachment.Severed s
                        && s.epoch().equals(view.cluster().epoch());
                if (!severed && !member.equals(me)) {
                    TreeSet<MemberId> fewer = new TreeSet<>(sync.value().members());
                    fewer.remove(member);
                    return with(view, c -> withSync(c, SyncSet.of(sync.value().acks(), fewer)));
                }
            }
            return view;
        }
    },

    /** Follows a new primary with WAL that goes past the point of parting. */
    REJOINS_WITHOUT_REWIND {
        @Override
        public Action action(View view, Action action) {
            var leadership = view.cluster().leadership();
            return action instanceof Action.StopClean && leadership != null
                    ? new Action.Connect(new Upstream(leadership.value().holder().name(), view.cluster().epoch()),
                            Ancestry.book(view.cluster(), view.cluster().epoch()), "without a rewind")
                    : action;
        }
    },

    /** [M] A late write of an old attachment is applied. */
    ATTACHMENTS_COMPARE_NOTHING {
        @Override
        public Txn txn(Txn txn) {
            boolean attachment = txn.operations().getFirst() instanceof Txn.Operation.Put put
                    && put.key().startsWith(Keys.ATTACH);
            return attachment ? new Txn(List.of(), txn.operations()) : txn;
        }

        @Override
        public View view(View view) {
            return believesAllAttached(view);
        }

        @Override
        public double losesAnswers(Txn txn) {
            boolean attachment = txn.operations().getFirst() instanceof Txn.Operation.Put put
                    && put.key().startsWith(Keys.ATTACH);
            return attachment ? 0.3 : 0.02;
        }
    },

    /** [M] The new sync set holds every other severed member, laggards too. */
    KEEPS_LAGGARDS_IN_THE_NEW_SET {
        @Override
        public Action action(View view, Action action) {
            if (!(action instanceof Action.TakeOver take)) {
                return action;
            }
            Set<MemberId> counted = new TreeSet<>();
            for (MemberName name : take.counted().keySet()) {
                var attachment = view.cluster().attachments().get(name);
                if (attachment != null && !attachment.value().member().equals(take.leadership().holder())) {
                    counted.add(attachment.value().member());
                }
            }
            return new Action.TakeOver(take.leadership(), SyncSet.of(1, counted), take.history(), take.comparedLeader(),
                    take.comparedSync(), take.comparedFailsafe(), take.counted(), take.why());
        }
    },

    /** [M] Promotes with a setting that lets members outside the record acknowledge. */
    PROMOTES_WITH_A_WIDER_SETTING {
        @Override
        public Action action(View view, Action action) {
            MemberId me = view.me();
            if (action instanceof Action.SetSync set && !isPrimary(view) && !set.set().isEmpty() && me != null) {
                Set<MemberId> all = new TreeSet<>();
                view.cluster().attachments().values().forEach(a -> all.add(a.value().member()));
                all.remove(me);
                return new Action.SetSync(SyncSet.of(1, all), "wider");
            }
            return action;
        }

        @Override
        public View view(View view) {
            var sync = view.cluster().sync();
            if (view.postgres() instanceof LocalPostgres.Standby standby && sync != null && !sync.value().isEmpty()
                    && standby.sync() != null && standby.sync().members().containsAll(sync.value().members())) {
                return with(view, new LocalPostgres.Standby(standby.directory(), standby.timeline(), standby.flushed(),
                        standby.replayed(), standby.atEndOfWal(), standby.upstream(), standby.receiver(),
                        standby.streaming(),
                        sync.value(), 0));
            }
            return view;
        }
    },

    /** [M] Nobody takes its own back, so that after a loss of all power with an empty record everybody waits. */
    NEVER_TAKES_ITS_OWN_BACK {
        @Override
        public Action action(View view, Action action) {
            return action instanceof Action.TakeBack ? new Action.Wait("never") : action;
        }
    },

    /** [M] A setting changes beside a record whose last request may yet be applied. */
    CHANGES_POSTGRES_BESIDE_A_RECORD_IT_DOES_NOT_OWN {
        @Override
        public View view(View view) {
            var sync = view.cluster().sync();
            return sync == null ? view : with(view, view.memory().withOwnedSync(sync.version()));
        }

        @Override
        public Txn txn(Txn txn) {
            boolean sync = txn.operations().getFirst() instanceof Txn.Operation.Put put && put.key().equals(Keys.SYNC);
            return sync
                    ? new Txn(txn.compares()
                            .stream()
                            .filter(
                                    c -> !(c instanceof Txn.Compare.VersionIs is && is.key().equals(Keys.SYNC)))
                            .toList(),
                            txn.operations())
                    : txn;
        }
    },

    /** [M] Records a smaller set at once, before as many as must acknowledge have flushed. */
    RECORDS_WITHOUT_WAITING_FOR_FLUSHES {
        @Override
        public View view(View view) {
            if (!(view.postgres() instanceof LocalPostgres.Primary p)) {
                return view;
            }
            List<LocalPostgres.Primary.Link> links = new ArrayList<>();
            Set<MemberId> known = new TreeSet<>();
            p.links().forEach(l -> {
                known.add(l.member());
                links.add(new LocalPostgres.Primary.Link(l.member(), p.flushed(), l.streaming()));
            });
            if (p.sync() != null) {
                p.sync()
                        .members()
                        .stream()
                        .filter(m -> !known.contains(m))
                        .forEach(m -> links.add(new LocalPostgres.Primary.Link(m, p.flushed(), false)));
            }
            return with(view,
                    new LocalPostgres.Primary(p.directory(), p.timeline(), p.flushed(), p.sync(), links, p.slots(),
                            p.switches(), p.rewindable()));
        }
    },

    /** [M] Believes that a setting is in force because it has written it. */
    TRUSTS_A_SETTING_UNSEEN {
        @Override
        public View view(View view) {
            return view.postgres() instanceof LocalPostgres.Primary p && p.sync() != null
                    ? with(view, view.memory().withInForce(new Memory.InForce(p.sync(), p.flushed())))
                    : view;
        }
    },

    /** [M] Knows timelines by number only. */
    KNOWS_TIMELINES_BY_NUMBER_ONLY {
        @Override
        public View view(View view) {
            TimelineBook theirs = Ancestry.book(view.cluster(), view.cluster().epoch());
            if (!(view.postgres() instanceof LocalPostgres.Standby s)
                    || !theirs.epochs().containsKey(s.timeline().id())) {
                return view;
            }
            return with(view,
                    new LocalPostgres.Standby(s.directory(), theirs.timeline(s.timeline().id()), s.flushed(),
                            s.replayed(),
                            s.atEndOfWal(), s.upstream(), s.receiver(), s.streaming(), s.sync(), s.delaySeconds()));
        }
    },

    /** [M] Releases while processes of the dead PostgreSQL are left, and beside an empty record. */
    RELEASES_TOO_EARLY {
        @Override
        public Action action(View view, Action action) {
            var leadership = view.cluster().leadership();
            MemberId me = view.me();
            if (view.postgres() instanceof LocalPostgres.Silent silent && silent.stopping() && me != null
                    && leadership != null
                    && view.cluster().lastHolderIs(me) && view.cluster().isLed()) {
                var old = leadership.value();
                return new Action.Release(
                        new io.holdfast.statesync.Leadership(old.holder(), old.epoch(), old.since(), old.why(),
                                new io.holdfast.statesync.Leadership.Release(null, view.at(), "too early")),
                        leadership.version(), "too early");
            }
            return action;
        }
    },

    /** Records a position before replay has found the end of local WAL. */
    SEVERS_BEFORE_THE_END_OF_WAL_IS_KNOWN {
        @Override
        public View view(View view) {
            return view.postgres() instanceof LocalPostgres.Standby s
                    ? with(view,
                            new LocalPostgres.Standby(s.directory(), s.timeline(), s.flushed(), s.replayed(), true,
                                    s.upstream(), s.receiver(), s.streaming(), s.sync(), s.delaySeconds()))
                    : view;
        }
    },

    /** [M] Connects again before the store has confirmed that it is attached: it counts as severed, and receives. */
    CONNECTS_BEFORE_IT_IS_ATTACHED {
        @Override
        public Action action(View view, Action action) {
            var leadership = view.cluster().leadership();
            var known = view.cluster().attachments().get(view.self());
            boolean counts = known != null && known.value() instanceof Attachment.Severed severed
                    && severed.epoch().equals(view.cluster().epoch());
            return action instanceof Action.RecordAttachment record
                    && record.attachment() instanceof Attachment.Attached && leadership != null && counts
                            ? new Action.Connect(
                                    new Upstream(leadership.value().holder().name(), view.cluster().epoch()),
                                    Ancestry.book(view.cluster(), view.cluster().epoch()), "not attached")
                            : action;
        }

        @Override
        public View view(View view) {
            return believesAllAttached(view);
        }
    },

    /** One agent's suspicion is enough to take over, without a majority and without severed records. */
    TAKES_OVER_BY_SUSPICION_ALONE {
        @Override
        public View view(View view) {
            MemberId me = view.me();
            var sync = view.cluster().sync();
            if (!view.cluster().isSuspected() || me == null || sync == null
                    || !sync.value().members().contains(me)) {
                return view;
            }
            return with(view, c -> withSync(c, SyncSet.of(1, Set.of(me))));
        }
    },

    /** A timeline that somebody made by hand passes for the present epoch's. */
    COUNTS_A_FORK {
        @Override
        public View view(View view) {
            return view.postgres() instanceof LocalPostgres.Standby s && s.timeline().epoch().equals(Epoch.NONE)
                    ? with(view,
                            new LocalPostgres.Standby(s.directory(),
                                    new Timeline(s.timeline().id(), view.cluster().epoch()), s.flushed(), s.replayed(),
                                    s.atEndOfWal(), s.upstream(), s.receiver(), s.streaming(), s.sync(),
                                    s.delaySeconds()))
                    : view;
        }
    },

    /** A pause keeps down what was stopped for an operator, once the request has ended. */
    LEAVES_THE_OLD_PRIMARY_DOWN_IN_A_PAUSE {
        @Override
        public Action action(View view, Action action) {
            boolean paused = view.cluster().requests().pause() != null
                    && view.cluster().requests().handover() == null;
            return paused && action instanceof Action.StartStandby
                    ? new Action.HoldBack(action.name(), "the cluster is paused")
                    : action;
        }
    },

    /** A pause keeps a standby with the old primary, once the request has ended. */
    LEAVES_A_STANDBY_WITH_THE_OLD_PRIMARY_IN_A_PAUSE {
        @Override
        public Action action(View view, Action action) {
            boolean paused = view.cluster().requests().pause() != null
                    && view.cluster().requests().handover() == null;
            return paused && action instanceof Action.Sever
                    ? new Action.HoldBack(action.name(), "the cluster is paused")
                    : action;
        }
    },

    /** Writes that it has severed while it still receives. */
    RECORDS_SEVERED_WHILE_IT_RECEIVES {
        @Override
        public View view(View view) {
            boolean leaderless = view.cluster().mayBeSucceeded();
            return leaderless && view.postgres() instanceof LocalPostgres.Standby s
                    ? with(view,
                            new LocalPostgres.Standby(s.directory(), s.timeline(), s.flushed(), s.replayed(),
                                    s.atEndOfWal(), null, false, false, s.sync(), s.delaySeconds()))
                    : view;
        }
    },

    /** Restore: goes on as if nobody had said that the whole cluster is restored. */
    LEADS_WHILE_THE_CLUSTER_IS_RESTORED {
        @Override
        public View view(View view) {
            var restoring = view.cluster().requests().restoring();
            boolean other = restoring != null && !restoring.value().member().equals(view.self());
            return other ? with(view, BrokenRule::withoutRestore) : view;
        }
    },

    /** Restore: overwrites the files of a member before the primary has stopped. */
    RESTORES_WHILE_SOMEBODY_LEADS {
        @Override
        public View view(View view) {
            var restoring = view.cluster().requests().restoring();
            boolean mine = restoring != null && restoring.value().member().equals(view.self())
                    && !view.cluster().lastHolderIs(Objects.requireNonNullElse(view.me(), NOBODY));
            return mine
                    ? with(view, c -> new ClusterState(c.revision(), c.cluster(), c.settings(), c.leadership(), false,
                            c.position(), c.sync(), c.failsafe(), c.attachments(), c.history(), c.members(),
                            c.statuses(), c.suspicions(), c.requests(), c.measured()))
                    : view;
        }
    },

    /** Restore: the timeline that it makes has a number that another has made. */
    RESTORES_TO_A_TIMELINE_THAT_IS_TAKEN {
        @Override
        public Action action(View view, Action action) {
            return action instanceof Action.Restore restore
                    ? new Action.Restore(restore.restoring(), restore.incarnation(), 0, restore.why())
                    : action;
        }
    },

    /** Restore: what was given up is taken for as good as any. */
    TAKES_OVER_WITH_WHAT_A_RESTORE_GAVE_UP {
        @Override
        public View view(View view) {
            return with(view, c -> {
                var history = new TreeMap<>(c.history());
                history.replaceAll((epoch, e) -> new Versioned<>(new HistoryEntry(epoch, e.value().holder(),
                        e.value().parent(), e.value().flushed(), e.value().timelineId(), e.value().switchedAt(),
                        e.value().at(), e.value().why()), e.version()));
                return new ClusterState(c.revision(), c.cluster(), c.settings(), c.leadership(), c.leaseAlive(),
                        c.position(), c.sync(), c.failsafe(), c.attachments(), history, c.members(), c.statuses(),
                        c.suspicions(), c.requests(), c.measured());
            });
        }
    },

    /** Bootstrap: makes an empty cluster where another member has the data. */
    MAKES_A_CLUSTER_OF_NOTHING {
        @Override
        public View view(View view) {
            return new View(view.nowMillis(), view.at(), view.self(), view.clusterName(), view.fresh(),
                    view.postgres(), view.cluster(), view.hold(), view.leashed(), view.memory(), view.pledge(),
                    new Supplies(view.supplies().restore(), view.supplies().copy(), ""));
        }
    },

    /** Failsafe: takes over although it has promised not to. */
    TAKES_OVER_AGAINST_ITS_PROMISE {
        @Override
        public boolean keepsPromises() {
            return false;
        }
    },

    /** Failsafe: an agent that has just started keeps no promise of the one before it. */
    FORGETS_THE_PROMISES_OF_ITS_FORMER_PROCESS {
        @Override
        public boolean remembersFormerPromises() {
            return false;
        }
    },

    /** Failsafe: holds on although not every other member has promised. */
    GOES_ON_WITHOUT_THE_PROMISE_OF_ONE {
        @Override
        public Map<MemberName, String> answers(Map<MemberName, String> answers, Set<MemberName> asked) {
            Map<MemberName, String> filled = new TreeMap<>(answers);
            for (MemberName member : asked) {
                String answer = filled.get(member);
                if (answer == null || answer.contains("\"promisedMillis\":0")) {
                    filled.put(member, "{\"promisedMillis\":5000,\"why\":\"\"}");
                    break;
                }
            }
            return filled;
        }
    };

    private static final MemberId NOBODY = MemberId.of("nobody", "0");

    private static final ThreadLocal<TreeMap<Long, String>> OLD_LEADERSHIP = ThreadLocal.withInitial(TreeMap::new);

    private interface Change {
        boolean between(SyncSet from, SyncSet to);
    }

    private static boolean changes(View view, SyncSet to, Change change) {
        @Nullable
        Versioned<SyncSet> sync = view.cluster().sync();
        return sync != null && !sync.value().equals(to) && change.between(sync.value(), to);
    }

    private static boolean isPrimary(View view) {
        return view.postgres() instanceof LocalPostgres.Primary;
    }

    /** A second line of defence is taken away: a primary removes from its sync set whoever does not say that it is attached. */
    private static View believesAllAttached(View view) {
        var sync = view.cluster().sync();
        if (!isPrimary(view) || sync == null) {
            return view;
        }
        var attachments = new TreeMap<>(view.cluster().attachments());
        for (MemberId member : sync.value().members()) {
            attachments.put(member.name(),
                    new Versioned<>(new Attachment.Attached(member, view.cluster().epoch()), 1));
        }
        return with(view, c -> new ClusterState(c.revision(), c.cluster(), c.settings(), c.leadership(), c.leaseAlive(),
                c.position(), c.sync(), c.failsafe(), attachments, c.history(), c.members(), c.statuses(),
                c.suspicions(),
                c.requests(), c.measured()));
    }

    private static View with(View view, LocalPostgres postgres) {
        return new View(view.nowMillis(), view.at(), view.self(), view.clusterName(), view.fresh(), postgres,
                view.cluster(),
                view.hold(), view.leashed(), view.memory(), view.pledge(), view.supplies());
    }

    private static View with(View view, Memory memory) {
        return new View(view.nowMillis(), view.at(), view.self(), view.clusterName(), view.fresh(), view.postgres(),
                view.cluster(), view.hold(), view.leashed(), memory, view.pledge(), view.supplies());
    }

    private static View with(View view, Function<ClusterState, ClusterState> change) {
        return new View(view.nowMillis(), view.at(), view.self(), view.clusterName(), view.fresh(), view.postgres(),
                change.apply(view.cluster()), view.hold(), view.leashed(), view.memory(), view.pledge(),
                view.supplies());
    }

    private static ClusterState withoutRestore(ClusterState c) {
        Requests r = c.requests();
        return new ClusterState(c.revision(), c.cluster(), c.settings(), c.leadership(), c.leaseAlive(), c.position(),
                c.sync(), c.failsafe(), c.attachments(), c.history(), c.members(), c.statuses(), c.suspicions(),
                new Requests(r.pause(), r.handover(), r.orders(), null), c.measured());
    }

    private static ClusterState withSync(ClusterState c, SyncSet set) {
        var sync = c.sync();
        return new ClusterState(c.revision(), c.cluster(), c.settings(), c.leadership(), c.leaseAlive(), c.position(),
                sync == null ? null : new Versioned<>(set, sync.version()), c.failsafe(), c.attachments(), c.history(),
                c.members(),
                c.statuses(), c.suspicions(), c.requests(), c.measured());
    }

}
