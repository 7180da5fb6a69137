package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An action as a decision file writes it: its name, what it carries, and why in quotes. */
final class ActionText {
    private ActionText() {}

    static String of(Action action) {
        String details = details(action);
        return action.name() + (details.isEmpty() ? "" : " " + details) + " \"" + action.why() + '"';
    }

    private static String details(Action action) {
        return switch (action) {
            case Action.Stay a -> "";
            case Action.Wait a -> "";
            case Action.Expect a -> "";
            case Action.Refuse a -> "";
            case Action.HoldBack a -> a.would();
            case Action.PrepareRestore a -> a.restoring().id();
            case Action.BeginRestore a -> a.restoring().value().id()
                    + (a.restoring().value().end() == null ? "" : " end=" + a.restoring().value().end());
            case Action.Restore a -> a.restoring().id() + " as=@" + a.incarnation() + " taken=" + a.taken();
            case Action.LeadRestored a -> leadership(a.leadership()) + " from="
                    + (a.history().parent() == null ? "unknown" : timeline(a.history().parent())) + " at="
                    + a.history().flushed();
            case Action.EndRequest a -> a.request() + (a.done() ? " done" : " ended");
            case Action.BeginHandover a -> a.handover().value().id();
            case Action.Prepare a -> a.request();
            case Action.StopPrimary a -> a.request();
            case Action.ClaimBootstrap a -> leadership(a.leadership());
            case Action.TakeOver a -> leadership(a.leadership()) + " sync=" + set(a.sync()) + " from="
                    + timeline(Objects.requireNonNull(a.history().parent())) + " at=" + a.history().flushed()
                    + " counts=" + names(a.counted().keySet());
            case Action.TakeBack a -> leadership(a.leadership());
            case Action.Release a -> leadership(a.leadership());
            case Action.RecordCluster a -> "system=" + a.cluster().systemId() + " " + entry(a.history());
            case Action.RecordTimeline a -> entry(a.history().value());
            case Action.RecordAttachment a -> attachment(a.attachment());
            case Action.RecordSync a -> set(a.set());
            case Action.RecordFailsafe a -> failsafe(a.list());
            case Action.Initdb a -> "@" + a.incarnation();
            case Action.StartStandby a -> "";
            case Action.StartPrimary a -> "";
            case Action.StopClean a -> a.plan().how().name().toLowerCase(Locale.ROOT) + "/" + a.plan().epoch();
            case Action.Fence a -> "";
            case Action.Sever a -> a.sync().equals(SyncSet.NOBODY) ? "" : set(a.sync());
            case Action.Connect a ->
                a.upstream().member() + "/" + a.upstream().epoch() + " book=" + book(a.book());
            case Action.SetSync a -> set(a.set());
            case Action.ConfirmSync a -> set(a.set());
            case Action.Promote a -> "/" + a.epoch() + (a.taken() == 0 ? "" : " taken=" + a.taken())
                    + (a.slots().isEmpty() ? "" : " slots=" + names(a.slots()));
            case Action.Checkpoint a -> "";
            case Action.KeepSlots a -> String.join(",", new TreeSet<>(a.wanted()));
            case Action.Clone a -> a.from() + " as=@" + a.incarnation() + " book=" + book(a.book())
                    + (a.request().isEmpty() ? "" : " from-backup=" + a.request());
            case Action.Rewind a -> a.from() + " as=@" + a.incarnation() + " book=" + book(a.book());
        };
    }

    private static String leadership(Leadership leadership) {
        Leadership.Release released = leadership.released();
        return member(leadership.holder()) + "/" + leadership.epoch()
                + (released == null ? "" : released.to() == null ? " released" : " released to=" + released.to());
    }

    private static String entry(HistoryEntry entry) {
        return "history=" + entry.epoch() + " timeline=" + entry.timelineId() + " switched=" + entry.switchedAt();
    }

    private static String attachment(Attachment attachment) {
        return switch (attachment) {
            case Attachment.Attached attached -> "attached/" + attached.epoch();
            case Attachment.Severed severed -> "severed/" + severed.epoch() + " on=" + timeline(severed.timeline())
                    + " at=" + severed.flushed();
        };
    }

    private static String timeline(Timeline timeline) {
        return timeline.id() + "/" + timeline.epoch();
    }

    private static String set(SyncSet set) {
        return set.isEmpty()
                ? "nobody"
                : set.acks()
                        + set.members().stream().map(ActionText::member).collect(Collectors.joining(",", "(", ")"));
    }

    private static String book(TimelineBook book) {
        List<String> timelines = book.epochs().entrySet().stream().map(e -> e.getKey() + "/" + e.getValue()).toList();
        return String.join(",", timelines);
    }

    private static String member(MemberId member) {
        return member.incarnation().id().equals("1") ? member.name().value() : member.toString();
    }

    private static String failsafe(@Nullable Failsafe list) {
        return list == null ? "off" : names(list.members()) + " for=" + list.promiseMillis();
    }

    private static String names(Iterable<?> names) {
        TreeSet<String> sorted = new TreeSet<>();
        names.forEach(name -> sorted.add(name.toString()));
        return String.join(",", sorted);
    }
}
