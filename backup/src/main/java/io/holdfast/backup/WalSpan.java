package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * WAL of one timeline.
 *
 * @param timeline which
 * @param start its first byte
 * @param end the byte after its last
 */
public record WalSpan(TimelineId timeline, Lsn start, Lsn end) {
    /** Which timeline was left, and where. */
    private static final Pattern LINE = Pattern.compile("(?m)^\\s*([0-9]+)\\s+([0-9A-F]+/[0-9A-F]+)\\s");

    /**
     * The WAL of a backup, one span for each timeline, the newest first, as PostgreSQL lists them. More than one there is only
     * on a standby whose primary changed.
     *
     * @param range from the start to the stop
     * @param history the history file of the last timeline; empty for the first one
     */
    public static List<WalSpan> of(Manifest.WalRange range, String history) {
        List<WalSpan> spans = new ArrayList<>();
        Lsn end = range.stop();
        TimelineId timeline = range.stopTimeline();
        List<MatchResult> ends = LINE.matcher(history).results().toList();
        for (int i = ends.size() - 1; i >= 0 && !timeline.equals(range.startTimeline()); i--) {
            Lsn began = Lsn.parse(ends.get(i).group(2));
            spans.add(new WalSpan(timeline, began, end));
            end = began;
            timeline = new TimelineId(Integer.parseUnsignedInt(ends.get(i).group(1)));
        }
        if (!timeline.equals(range.startTimeline())) {
            throw new IllegalArgumentException(range.stopTimeline() + " does not come from " + range.startTimeline());
        }
        spans.add(new WalSpan(timeline, range.start(), end));
        return spans;
    }
}
