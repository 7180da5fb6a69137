package io.holdfast.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The table of a page in which runs of consecutive failovers are kept: {@code | date | failovers | median | worst | ended | in a
 * row |}. The last column is the running total since the last failure.
 */
public final class FailoverLedger {
    private static final String HEAD = "| date | failovers |";

    private FailoverLedger() {}

    /** How a run stands. */
    public enum State {
        /** It goes on; or somebody killed it. */
        RUNNING,
        /** Somebody ended it. */
        STOPPED,
        /** All that was asked for went well. */
        WELL,
        /** One failover did not. */
        FAILED
    }

    /**
     * A run.
     *
     * @param date for a person
     * @param failovers that went well
     * @param medianMillis of their outages
     * @param worstMillis of their outages
     * @param state how it stands
     * @param why what went wrong, where something did
     */
    public record Run(String date, int failovers, long medianMillis, long worstMillis, State state, String why) {}

    /** How many failovers in a row went well, up to the last line of the page's table. */
    public static long inARow(String page) {
        List<String> rows = rows(page);
        return rows.isEmpty() ? 0 : total(rows.get(rows.size() - 1));
    }

    /**
     * The page with one row more.
     *
     * @throws IllegalArgumentException for a page without the table
     */
    public static String append(String page, Run run) {
        List<String> lines = new ArrayList<>(page.lines().toList());
        int head = head(lines);
        if (head < 0) {
            throw new IllegalArgumentException("the page has no table that begins with '" + HEAD + "'");
        }
        int end = head;
        while (end < lines.size() && lines.get(end).startsWith("|")) {
            end++;
        }
        boolean failed = run.state() == State.FAILED;
        lines.add(end, String.format(Locale.ROOT, "| %s | %d | %d ms | %d ms | %s | %d |", run.date(), run.failovers(),
                run.medianMillis(), run.worstMillis(), failed
                        ? run.why().replace('|', '/').replace('\n', ' ')
                        : run.state().name().toLowerCase(Locale.ROOT),
                failed ? 0 : inARow(page) + run.failovers()));
        return String.join("\n", lines) + "\n";
    }

    /**
     * The page with another last row: the same run, further on.
     *
     * @throws IllegalArgumentException for a page without a row
     */
    public static String replaceLast(String page, Run run) {
        List<String> rows = rows(page);
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("the page's table has no row");
        }
        List<String> lines = new ArrayList<>(page.lines().toList());
        lines.remove(head(lines) + 1 + rows.size());
        return append(String.join("\n", lines) + "\n", run);
    }

    private static int head(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(HEAD)) {
                return i;
            }
        }
        return -1;
    }

    private static List<String> rows(String page) {
        List<String> lines = page.lines().toList();
        int head = head(lines);
        return head < 0
                ? List.of()
                : lines.stream().skip(head + 2L).takeWhile(line -> line.startsWith("|")).toList();
    }

    private static long total(String row) {
        String[] cells = row.split("\\|", -1);
        return Long.parseLong(cells[cells.length - 2].strip());
    }
}
