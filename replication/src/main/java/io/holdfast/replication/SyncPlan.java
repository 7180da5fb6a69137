package io.holdfast.replication;

import io.holdfast.config.Durability;
import io.holdfast.config.WhenAlone;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a primary does about its sync set: from the wanted set to one action, in the safe order. */
final class SyncPlan {
    private final View view;
    private final LocalPostgres.Primary primary;
    private final Versioned<SyncSet> recorded;

    SyncPlan(View view, LocalPostgres.Primary primary, Versioned<SyncSet> recorded) {
        this.view = view;
        this.primary = primary;
        this.recorded = recorded;
    }

    /** The next action; null when all is as it should be. */
    @Nullable
    Action next() {
        SyncSet record = recorded.value();
        SyncSet running = primary.sync();
        SyncSet wanted = wanted();
        if (running == null) {
            return set(record, "a foreign synchronous_standby_names is undone");
        }
        if (record.isEmpty()) {
            return fromEmpty(running, wanted);
        }
        return switch (SyncChange.next(record, wanted)) {
            case SyncChange.None none -> running.equals(record) ? null : set(record, "PostgreSQL follows the record");
            case SyncChange.RecordFirst first -> running.equals(record) || first.set().isEmpty()
                    ? record(first.set(), "the record goes first: " + reason(record, first.set()))
                    : set(record, "a change that was begun is taken back first");
            case SyncChange.PostgresFirst first -> running.equals(first.set())
                    ? whenInForce(first.set())
                    : set(running.equals(record) ? first.set() : record, running.equals(record)
                            ? "PostgreSQL goes first: " + reason(record, first.set())
                            : "a change that was begun is taken back first");
        };
    }

    /** Beside an empty record any setting is safe, for nobody takes over. */
    private @Nullable Action fromEmpty(SyncSet running, SyncSet wanted) {
        if (!running.equals(wanted)) {
            return set(wanted, wanted.isEmpty() ? "there is no standby to wait for" : "standbys have attached");
        }
        return wanted.isEmpty() || !attached(wanted) ? null : whenInForce(wanted);
    }

    private Action whenInForce(SyncSet set) {
        Memory.InForce inForce = view.memory().inForce();
        if (inForce == null || !inForce.set().equals(set)) {
            return new Action.ConfirmSync(set, "see that " + set + " is in force before it is recorded");
        }
        long flushed = primary.links()
                .stream()
                .filter(link -> set.members().contains(link.member()) && link.flushed().compareTo(inForce.noted()) >= 0)
                .count();
        if (flushed < set.acks()) {
            return new Action.Wait(
                    "%d of %d standbys have flushed past %s".formatted(flushed, set.acks(), inForce.noted()));
        }
        return record(set, "in force, and %d have flushed past %s".formatted(flushed, inForce.noted()));
    }

    /**
     * PostgreSQL's setting changes only beside a record that this process wrote: a request of a former self, or one whose
     * outcome is unknown, must not be applied afterwards.
     */
    private Action set(SyncSet set, String why) {
        return view.memory().ownedSync() == recorded.version()
                ? new Action.SetSync(set, why)
                : record(recorded.value(), "the record is written anew before PostgreSQL's setting changes");
    }

    private Action record(SyncSet set, String why) {
        Versioned<?> leadership = view.cluster().leadership();
        return new Action.RecordSync(set, recorded.version(), leadership == null ? 0 : leadership.version(), why);
    }

    /** The set that fits what is seen now. */
    private SyncSet wanted() {
        if (view.settings().durability() == Durability.ASYNC) {
            return SyncSet.EMPTY;
        }
        Set<MemberId> good = new TreeSet<>();
        for (LocalPostgres.Primary.Link link : primary.links()) {
            if (link.streaming() && isAttached(link.member())
                    && !Candidates.isOutside(view.cluster(), link.member().name())) {
                good.add(link.member());
            }
        }
        SyncSet record = recorded.value();
        List<MemberId> kept = record.members()
                .stream()
                .filter(member -> !good.contains(member) && isPatientWith(member, good))
                .toList();
        good.addAll(kept);
        if (!good.isEmpty()) {
            return SyncSet.of(view.settings().acks(), good);
        }
        boolean settling = view.memory().primarySince() != null
                && view.nowMillis() - view.memory().primarySince() < view.settings().settle().toMillis();
        boolean keep = view.settings().whenAlone() == WhenAlone.WAIT || settling;
        SyncSet running = primary.sync();
        return !keep ? SyncSet.EMPTY : record.isEmpty() ? running == null ? SyncSet.EMPTY : running : record;
    }

    /**
     * A member that has just stopped streaming is kept for a moment; the last one for as long as a suspicion takes. Whoever was
     * cloned anew does not come back as the incarnation that it was.
     */
    private boolean isPatientWith(MemberId member, Set<MemberId> good) {
        if (good.stream().anyMatch(other -> other.name().equals(member.name()))) {
            return false;
        }
        Long since = view.memory().missingSince().get(member);
        long patience = view.settings().suspectAfter().toMillis() * (good.isEmpty() ? 1 : 2);
        return since != null && view.nowMillis() - since < patience;
    }

    private boolean isAttached(MemberId member) {
        Versioned<Attachment> attachment = view.cluster().attachments().get(member.name());
        return attachment != null && attachment.value() instanceof Attachment.Attached attached
                && attached.member().equals(member) && attached.epoch().equals(view.cluster().epoch());
    }

    private boolean attached(SyncSet set) {
        return set.members().stream().allMatch(this::isAttached);
    }

    private static String reason(SyncSet from, SyncSet to) {
        return "from " + from + " to " + to;
    }
}
