package io.holdfast.backup;

import io.holdfast.backup.Catalog.Chain;
import io.holdfast.backup.RestoreDecision.LookInto;
import io.holdfast.backup.RestoreDecision.Ready;
import io.holdfast.backup.RestoreDecision.Refused;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Decides how a target is reached. It never takes another state for the one that is wanted: a target before every backup, one
 * behind the end of the archive and one behind a gap are refused.
 */
public final class RestorePlanner {
    private final Catalog catalog;
    private final RestoreRequest request;
    private final Map<WalFile.Segment, SegmentFacts> known;
    private final WalSegmentSize size;

    private RestorePlanner(Catalog catalog, RestoreRequest request, Map<WalFile.Segment, SegmentFacts> known) {
        this.catalog = catalog;
        this.request = request;
        this.known = known;
        this.size = catalog.wal().size();
    }

    /**
     * Decides.
     *
     * @param known what was seen in segments that this asked to look into
     */
    public static RestoreDecision decide(Catalog catalog, RestoreRequest request,
            Map<WalFile.Segment, SegmentFacts> known) {
        return new RestorePlanner(catalog, request, known).decide();
    }

    private RestoreDecision decide() {
        Optional<TimelineId> timeline = request.timeline() != null
                ? Optional.of(request.timeline())
                : catalog.timelines().reversed().stream().findFirst();
        if (timeline.isEmpty()) {
            return refused("HF-2082", "there is no backup that could be restored", "look at 'holdfast backup list'.");
        }
        Optional<TimelineHistory> history = catalog.wal().history(timeline.get());
        if (history.isEmpty()) {
            return refused("HF-2084", "the history of timeline " + timeline.get() + " is not in the repository",
                    "name another timeline, or archive the file again from a member that has it in pg_wal.");
        }
        if (request.backup() != null && catalog.chain(request.backup()) instanceof Chain.Broken broken) {
            return new Refused(broken.problem());
        }
        List<Chain.Whole> onTheWay = catalog.whole()
                .reversed()
                .stream()
                .filter(chain -> request.backup() == null || request.backup().equals(chain.last().id()))
                .filter(chain -> Catalog.isOnTheWay(history.get(), chain.last().wal()))
                .toList();
        if (onTheWay.isEmpty()) {
            return refused("HF-2082", "no backup lies on the way to timeline " + timeline.get(),
                    "name another timeline; 'holdfast backup list' shows the backups with theirs.");
        }
        return decide(history.get(), onTheWay);
    }

    /** From which of these backups, the newest first. */
    private RestoreDecision decide(TimelineHistory history, List<Chain.Whole> chains) {
        return switch (request.target()) {
            case RecoveryTarget.Latest _ -> latest(history, chains);
            case RecoveryTarget.BackupEnd _ -> backupEnd(history, chains.getFirst());
            case RecoveryTarget.AtLsn at -> newest(chains,
                    manifest -> !manifest.wal().stop().isAfter(at.lsn())).map(chain -> atLsn(history, chain, at.lsn()))
                    .orElseGet(() -> before(chains));
            case RecoveryTarget.AtTime at -> newest(chains, manifest -> !manifest.finishedAt().isAfter(at.time()))
                    .map(chain -> atTime(history, chain, at.time()))
                    .orElseGet(() -> before(chains));
            case RecoveryTarget.AtXid _,RecoveryTarget.AtName _ -> atMark(history, chains);
        };
    }

    private static Optional<Chain.Whole> newest(List<Chain.Whole> chains,
            Predicate<Manifest> fits) {
        return chains.stream().filter(chain -> fits.test(chain.last())).findFirst();
    }

    /** Before every backup there is nothing, and the latest state is something else than what was asked for. */
    private RestoreDecision before(List<Chain.Whole> chains) {
        Manifest oldest = chains.getLast().last();
        return refused("HF-2083",
                "the target " + request.target() + " is before "
                        + (request.backup() == null ? "every backup" : "the end of backup " + request.backup()),
                "the earliest point that can be reached is the end of backup " + oldest.id() + ", lsn="
                        + oldest.wal().stop() + ", finished at " + oldest.finishedAt() + ".");
    }

    private RestoreDecision backupEnd(TimelineHistory history, Chain.Whole chain) {
        WalInventory.Reach reach = reach(history, chain);
        Lsn stop = chain.last().wal().stop();
        return stop.isAfter(reach.end())
                ? tooShort(history, chain, reach)
                : ready(history, chain, stop, "backup " + chain.last().id() + " is consistent there");
    }

    private RestoreDecision latest(TimelineHistory history, List<Chain.Whole> chains) {
        Chain.Whole chain = chains.getFirst();
        WalInventory.Reach reach = reach(history, chain);
        return chain.last().wal().stop().isAfter(reach.end()) || reach.behind() != null
                ? tooShort(history, chains, reach)
                : ready(history, chain, reach.end(), "the archive ends with the segment before " + reach.missing());
    }

    private RestoreDecision atLsn(TimelineHistory history, Chain.Whole chain, Lsn lsn) {
        WalInventory.Reach reach = reach(history, chain);
        if (lsn.compareTo(reach.end()) >= 0) {
            return tooShort(history, chain, reach);
        }
        // What follows the last record of the archive is no target: PostgreSQL stops at a record that begins there or later.
        return switch (last(history, chain, reach)) {
            case Seen.Ask ask -> ask.look();
            case Seen.At at when lsn.isAfter(at.lsn()) -> tooShort(history, chain, reach);
            case Seen.At _ -> ready(history, chain, lsn, "it lies between the end of backup " + chain.last().id()
                    + " and the end of the archive");
            case Seen.Nothing _ -> tooShort(history, chain, reach);
        };
    }

    private RestoreDecision atTime(TimelineHistory history, Chain.Whole chain, Instant time) {
        WalInventory.Reach reach = reach(history, chain);
        List<WalFile.Segment> way = way(history, chain, reach);
        for (WalFile.Segment segment : way.reversed()) {
            SegmentFacts facts = known.get(segment);
            if (facts == null) {
                return new LookInto(segment, "whether a transaction ended after " + time);
            }
            if (facts.newestCommit() != null) {
                return facts.newestCommit().isAfter(time)
                        ? ready(history, chain, reach.end(),
                                "transactions ended before and after it; the newest known at " + facts.newestCommit())
                        : tooShort(history, chain, reach);
            }
        }
        return tooShort(history, chain, reach);
    }

    /** Looks for a transaction or a name behind each backup, the newest first. */
    private RestoreDecision atMark(TimelineHistory history, List<Chain.Whole> chains) {
        Lsn until = null;
        for (Chain.Whole chain : chains) {
            Lsn stop = chain.last().wal().stop();
            WalInventory.Reach reach = reach(history, chain);
            Lsn end = until == null || until.isAfter(reach.end()) ? reach.end() : until;
            until = until == null || until.isAfter(stop) ? stop : until;
            if (!end.isAfter(stop)) {
                continue;
            }
            for (WalFile.Segment segment : catalog.wal().between(history, stop, end)) {
                SegmentFacts facts = known.get(segment);
                if (facts == null) {
                    return new LookInto(segment, "whether it has " + request.target());
                }
                if (facts.met() != null && facts.met().compareTo(stop) >= 0) {
                    return ready(history, chain, facts.met(), "it is at " + facts.met());
                }
            }
        }
        WalInventory.Reach reach = reach(history, chains.getFirst());
        return reach.behind() != null
                ? tooShort(history, chains, reach)
                : refused("HF-2087",
                        "the target " + request.target() + " is not in the WAL from the end of backup "
                                + chains.getLast().last().id() + " to the end of the archive",
                        "see that it is written right and lies on timeline " + history.timeline()
                                + "; an lsn= or a time= can be reached instead.");
    }

    private WalInventory.Reach reach(TimelineHistory history, Chain.Whole chain) {
        return catalog.wal().reach(history, chain.last().wal().start());
    }

    /** The segments from the end of a backup as far as they go. */
    private List<WalFile.Segment> way(TimelineHistory history, Chain.Whole chain, WalInventory.Reach reach) {
        Lsn stop = chain.last().wal().stop();
        return reach.end().isAfter(stop) ? catalog.wal().between(history, stop, reach.end()) : List.of();
    }

    /** What is known of the last record that can be replayed. */
    private sealed interface Seen {
        record At(Lsn lsn) implements Seen {}

        record Ask(LookInto look) implements Seen {}

        record Nothing() implements Seen {}
    }

    private Seen last(TimelineHistory history, Chain.Whole chain, WalInventory.Reach reach) {
        for (WalFile.Segment segment : way(history, chain, reach).reversed()) {
            SegmentFacts facts = known.get(segment);
            if (facts == null) {
                return new Seen.Ask(new LookInto(segment, "where its last record is"));
            }
            if (facts.lastRecord() != null) {
                return new Seen.At(facts.lastRecord());
            }
        }
        return new Seen.Nothing();
    }

    private RestoreDecision tooShort(TimelineHistory history, Chain.Whole chain, WalInventory.Reach reach) {
        return tooShort(history, List.of(chain), reach);
    }

    /** The WAL does not go as far as the target: says why, and offers the last point that can be reached. */
    private RestoreDecision tooShort(TimelineHistory history, List<Chain.Whole> chains, WalInventory.Reach reach) {
        String offer = "no later backup and no earlier one reaches a point on timeline " + history.timeline()
                + "; archive the segment again from a member that has it.";
        List<Chain.Whole> others = new ArrayList<>(chains);
        catalog.whole()
                .reversed()
                .stream()
                .filter(chain -> request.backup() == null && Catalog.isOnTheWay(history, chain.last().wal()))
                .filter(chain -> !others.contains(chain))
                .filter(chain -> chain.last().id().compareTo(chains.getFirst().last().id()) < 0)
                .forEach(others::add);
        for (Chain.Whole chain : others) {
            WalInventory.Reach own = reach(history, chain);
            if (!chain.last().wal().stop().isAfter(own.end())) {
                switch (last(history, chain, own)) {
                    case Seen.Ask ask -> {
                        return ask.look();
                    }
                    case Seen.At at when !chain.last().wal().stop().isAfter(at.lsn()) ->
                        offer = "the last point that can be reached is lsn=" + at.lsn() + ", from backup "
                                + chain.last().id() + ".";
                    case Seen.At _,Seen.Nothing _ -> offer = "what can be reached is end, of backup "
                            + chain.last().id() + ".";
                }
                break;
            }
        }
        return reach.behind() == null && !chains.getFirst().last().wal().stop().isAfter(reach.end())
                ? refused("HF-2086", "the target " + request.target()
                        + " is behind the end of the archive, which has no segment " + reach.missing(), offer)
                : refused("HF-2085", "WAL segment " + reach.missing() + " is not in the repository"
                        + (reach.behind() == null ? "" : ", and " + reach.behind() + " is") + ": the target "
                        + request.target() + " cannot be reached", offer);
    }

    private RestoreDecision ready(TimelineHistory history, Chain.Whole chain, Lsn to, String why) {
        Manifest backup = chain.last();
        List<WalFile.Segment> segments = new ArrayList<>(catalog.wal().between(history, backup.wal().start(), to));
        // The record at a target may reach over the end of its segment.
        WalFile.Segment next = history.segment(Long.divideUnsigned(to.bytes(), size.bytes()), size);
        if (catalog.wal().segments().containsKey(next) && !segments.contains(next)) {
            segments.add(next);
        }
        return new Ready(new RestorePlan(request, chain.manifests(), history, segments,
                chain.manifests().stream().mapToLong(Manifest::storedBytes).sum(),
                catalog.wal().storedBytes(segments), why, lost(history, backup, to)));
    }

    private String lost(TimelineHistory history, Manifest backup, Lsn to) {
        List<String> lost = new ArrayList<>();
        Lsn end = catalog.wal().reach(history, backup.wal().start()).end();
        switch (request.target()) {
            case RecoveryTarget.Latest _ -> {
            }
            case RecoveryTarget.AtTime at -> lost.add("all that was committed after " + at.time());
            default -> {
                if (end.isAfter(to)) {
                    lost.add("the WAL from " + to + " to " + end);
                }
            }
        }
        for (TimelineId other : catalog.wal().timelines()) {
            lostOf(other, history).ifPresent(lost::add);
        }
        return lost.isEmpty() ? "nothing that was archived" : String.join("; ", lost);
    }

    /** What lies on a timeline behind where the way left it, or on one that the way does not touch. */
    private Optional<String> lostOf(TimelineId other, TimelineHistory history) {
        @Nullable
        Lsn left = other.equals(history.timeline()) ? new Lsn(-1L) : null;
        for (TimelineHistory.Fork fork : history.forks()) {
            if (fork.timeline().equals(other)) {
                left = fork.at();
            }
        }
        Lsn end = Lsn.ZERO;
        for (WalFile.Segment segment : catalog.wal().segments().keySet()) {
            if (segment.timeline().equals(other)) {
                end = end.max(segment.end(size));
            }
        }
        if (end.equals(Lsn.ZERO)) {
            return Optional.empty();
        }
        if (left == null) {
            return Optional.of("timeline " + other + ", to " + end);
        }
        return end.isAfter(left) ? Optional.of("timeline " + other + " from " + left + " to " + end) : Optional.empty();
    }

    private static Refused refused(String code, String fact, String hint) {
        return new Refused(new Problem(code, fact, hint));
    }
}
