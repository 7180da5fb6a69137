package io.holdfast.replication.io;

import io.holdfast.config.Durability;
import io.holdfast.replication.Action;
import io.holdfast.replication.Ancestry;
import io.holdfast.replication.Ancestry.Discarded;
import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TurnRecord;
import io.holdfast.replication.View;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.LogContext;
import io.holdfast.statesync.io.Operations;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Tells what the turns do: the log, the events, the operations, and the last turns for {@code explain}. */
public final class Chronicle implements Progress {
    private static final Logger LOG = LoggerFactory.getLogger(Chronicle.class);
    private static final int KEPT = 100;

    private final MemberName self;
    private final EventLog events;
    private final Operations operations;
    private final Deque<TurnRecord> turns = new ArrayDeque<>();
    private String last = "";
    private volatile Operations.@Nullable Running running;

    /** Tells in the name of a member. */
    public Chronicle(MemberName self, EventLog events, Operations operations) {
        this.self = self;
        this.events = events;
        this.operations = operations;
    }

    /** The last turns that were not like the one before, oldest first. */
    public List<TurnRecord> turns() {
        synchronized (turns) {
            return new ArrayList<>(turns);
        }
    }

    /** An action is about to be carried out. */
    void begins(Action action) {
        switch (action) {
            case Action.Initdb a -> start("initdb", a);
            case Action.Clone a -> start("clone", a);
            case Action.Rewind a -> start("rewind", a);
            default -> {
                // Short work is no operation.
            }
        }
    }

    private void start(String kind, Action action) {
        Operations.Running operation = operations.start(kind, self, "holdfast", action.why());
        MDC.put(LogContext.OPERATION, operation.id());
        running = operation;
    }

    @Override
    public void step(String name) {
        Operations.Running operation = running;
        if (operation != null) {
            operation.step(name);
        }
    }

    @Override
    public void done(long done, long total) {
        Operations.Running operation = running;
        if (operation != null) {
            operation.progress(done, total, "bytes");
        }
    }

    /** PostgreSQL is stopped apart from the turns. */
    void fenced(String why) {
        LOG.error("PostgreSQL is stopped at once: {}", why);
        events.append(EventType.FENCE, self + " stopped its PostgreSQL at once: " + why, Map.of());
    }

    /** Something happened apart from the turns. */
    void happened(EventType type, String text, Map<String, String> details) {
        LOG.warn("{}", text);
        events.append(type, text, details);
    }

    /** An action has ended. */
    void ended(View view, Action action, Effect effect) {
        try {
            record(view, action, effect, outcome(action, effect));
        } finally {
            MDC.remove(LogContext.OPERATION);
        }
    }

    private void record(View view, Action action, Effect effect, String outcome) {
        endOperation(effect, outcome);
        String said = action.name() + ": " + action.why() + outcome;
        boolean news = !said.equals(last);
        last = said;
        if (!news) {
            return;
        }
        synchronized (turns) {
            if (turns.size() == KEPT) {
                turns.removeFirst();
            }
            turns.addLast(new TurnRecord(view.at(), TurnRecord.inShort(view), action.name(), action.why(), outcome));
        }
        log(action, effect, outcome);
        if (effect instanceof Effect.Done || effect instanceof Effect.Stored || effect instanceof Effect.Noted) {
            tell(view, action);
        }
    }

    private void endOperation(Effect effect, String outcome) {
        Operations.Running operation = running;
        if (operation != null) {
            running = null;
            if (effect instanceof Effect.Done) {
                operation.succeed("done");
            } else {
                operation.fail(outcome);
            }
        }
    }

    private static String outcome(Action action, Effect effect) {
        return switch (effect) {
            case Effect.Done done -> action.touchesNothing() ? "" : "done";
            case Effect.Noted noted -> "done, at " + noted.lsn();
            case Effect.Stored stored -> "recorded at revision " + stored.revision();
            case Effect.Failed failed -> "failed: " + failed.why();
            case Effect.Conflicted conflicted -> "not done: " + conflicted.why();
            case Effect.Unknown unknown -> "outcome unknown: " + unknown.why();
        };
    }

    private static void log(Action action, Effect effect, String outcome) {
        switch (action) {
            case Action.Stay stay -> LOG.info("{}", stay.why());
            case Action.Wait wait -> LOG.debug("waits: {}", wait.why());
            case Action.Expect expect -> LOG.debug("expects: {}", expect.why());
            case Action.Refuse refuse -> LOG.error("{}", refuse.why());
            case Action.HoldBack hold -> LOG.warn("{}", hold.why());
            default -> {
                if (effect instanceof Effect.Failed || effect instanceof Effect.Unknown) {
                    LOG.warn("{} ({}): {}", action.name(), action.why(), outcome);
                } else {
                    LOG.info("{} ({}): {}", action.name(), action.why(), outcome);
                }
            }
        }
    }

    /** What somebody may ask about later. */
    private void tell(View view, Action action) {
        Map<String, String> details = Map.of("epoch", view.cluster().epoch().toString());
        switch (action) {
            case Action.ClaimBootstrap a ->
                events.append(EventType.BOOTSTRAP, self + " makes the first primary", details);
            case Action.RecordCluster a ->
                events.append(EventType.CLUSTER_CREATED, "the cluster has its first primary, " + self,
                        Map.of("systemId", a.cluster().systemId()));
            case Action.TakeOver a -> takeover(view, a);
            case Action.StopClean a -> discarded(view, a);
            case Action.TakeBack a ->
                events.append(EventType.TAKEBACK, self + " takes its leadership back: " + a.why(), details);
            case Action.Release a ->
                events.append(EventType.RELEASE, self + " gives the leadership up: " + a.why(), details);
            case Action.Promote a ->
                events.append(EventType.PROMOTION, self + " is the primary of epoch " + a.epoch(), details);
            case Action.StartPrimary a ->
                events.append(EventType.RESTART, self + " starts as the primary again: " + a.why(), details);
            case Action.Fence a ->
                events.append(EventType.FENCE, self + " stopped its PostgreSQL at once: " + a.why(), details);
            case Action.Rewind a ->
                events.append(EventType.REWIND, self + " was rewound from " + a.from() + ": " + a.why(), details);
            case Action.Clone a -> events.append(EventType.CLONE,
                    self + " was cloned from " + (a.request().isEmpty() ? a.from() : "a backup") + ": " + a.why(),
                    details);
            case Action.RecordSync a -> syncSet(view, a);
            case Action.Refuse a -> events.append(EventType.REFUSED, a.why(), details);
            case Action.HoldBack a ->
                events.append(EventType.HELD_BACK, self + " holds back what it would do: " + a.why(),
                        Map.of("epoch", view.cluster().epoch().toString(), "action", a.would()));
            case Action.EndRequest a ->
                events.append(a.done() ? EventType.REQUEST_DONE : EventType.REQUEST_ENDED, a.why(),
                        Map.of("request", a.request(), "key", a.key()));
            case Action.BeginRestore a -> events.append(EventType.RESTORE,
                    self + " is restored from a backup: " + a.why() + "; its files are overwritten from now on",
                    details);
            case Action.Restore a ->
                events.append(EventType.RESTORED_FILES, self + " has the data of the backup: " + a.why(),
                        details);
            case Action.LeadRestored a -> restored(a);
            case Action.StopPrimary a ->
                events.append(EventType.STOP, self + " stops its PostgreSQL: " + a.why(), details);
            default -> {
                // The log has it.
            }
        }
    }

    /** What was acknowledged after the target is given up on purpose; how much, nobody can say any more later. */
    private void restored(Action.LeadRestored lead) {
        Lsn from = lead.history().flushed();
        Lsn to = lead.restoring().value().end();
        Map<String, String> details = new TreeMap<>(
                Map.of("epoch", lead.leadership().epoch().toString(), "from", from.toString()));
        String given = "how much WAL after " + from + " is given up is not known";
        if (to != null) {
            long bytes = Math.max(0, to.minus(from));
            details.put("to", to.toString());
            details.put("bytes", Long.toString(bytes));
            given = bytes == 0
                    ? "nothing that the cluster had written is given up"
                    : "the WAL from %s to %s, %d bytes, is given up, with all that was committed in it".formatted(from,
                            to, bytes);
        }
        events.append(EventType.RESTORED,
                self + " leads in epoch " + lead.leadership().epoch() + ": " + lead.why() + "; "
                        + given,
                details);
    }

    private void takeover(View view, Action.TakeOver take) {
        Map<String, String> details = new TreeMap<>(
                Map.of("epoch", take.leadership().epoch().toString(), "lsn", take.history().flushed().toString()));
        LeaderPosition position = view.cluster().position();
        if (position != null && position.epoch().equals(view.cluster().epoch())) {
            details.put("recorded", position.lsn().toString());
        }
        events.append(EventType.TAKEOVER,
                self + " takes over in epoch " + take.leadership().epoch() + ": " + take.why(),
                details);
    }

    /** The last that anybody can learn of what a failover lost: the rewind or the clone that follows makes it unreadable. */
    private void discarded(View view, Action.StopClean stop) {
        if (stop.plan().request() != null || !(view.postgres() instanceof LocalPostgres.Standby standby)) {
            return;
        }
        Discarded gone = Ancestry.discarded(view.cluster(), standby.timeline(), standby.replayed());
        if (gone == null) {
            return;
        }
        Map<String, String> details = new TreeMap<>(Map.of("epoch", view.cluster().epoch().toString(), "timeline",
                Integer.toString(standby.timeline().id()), "to", gone.to().toString()));
        String range = "up to " + gone.to();
        if (gone.from() != null) {
            details.put("from", gone.from().toString());
            details.put("bytes", Long.toString(gone.bytes()));
            range = "from " + gone.from() + " to " + gone.to() + ", " + gone.bytes() + " bytes";
        }
        String loss = view.settings().durability() == Durability.QUORUM
                ? "no commit in it was acknowledged, unless it asked not to wait or the failover was forced"
                : "the commits in it are lost";
        events.append(EventType.DISCARDED,
                self + " gives up its WAL " + range + ", which the primary does not have: " + loss,
                details);
    }

    private void syncSet(View view, Action.RecordSync record) {
        var before = view.cluster().sync();
        if (before != null && !before.value().equals(record.set())) {
            events.append(EventType.SYNC_SET, "commits wait for " + record.set() + ": " + record.why(),
                    Map.of("from", before.value().toString(), "to", record.set().toString()));
        }
    }
}
