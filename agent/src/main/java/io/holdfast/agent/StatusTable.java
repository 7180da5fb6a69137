package io.holdfast.agent;

import io.holdfast.agent.TextTable.Cell;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** The status as a table that a person likes to look at. */
public final class StatusTable {
    /** For output that goes nowhere near a terminal: nothing is cut. */
    public static final int UNLIMITED = 10_000;

    private static final String PENDING = "*";
    private static final int WITH_ADDRESSES = 110;

    private StatusTable() {}

    /**
     * The lines of the table.
     *
     * @param report what is shown
     * @param now for the column of ages
     * @param width of the terminal in characters, or {@link #UNLIMITED}
     * @param paint colours or none
     */
    public static List<String> lines(StatusReport report, Instant now, int width, Paint paint) {
        List<String> lines = new ArrayList<>();
        lines.add(header(report, paint));
        if (!report.quorum()) {
            lines.add(paint.bad(TextTable.cut("STALE  " + report.answeredBy()
                    + " hears no majority of agents: what follows is the last that it knew", width)));
        }
        if (report.failsafe()) {
            lines.add(paint.soon(TextTable.cut("FAILSAFE  " + report.answeredBy()
                    + " takes writes without its lease, while every other member promises not to become a primary",
                    width)));
        }
        if (report.restoring() != null) {
            lines.add(paint.soon(TextTable.cut("RESTORING  " + report.restoring(), width)));
        }
        if (report.paused()) {
            lines.add(paint.soon("PAUSED  no automatic failover"));
        }
        if (!report.alerts().isEmpty()) {
            lines.add(paint.soon(TextTable.cut("ALERTS  " + report.alerts().size() + " fire: "
                    + String.join(", ", report.alerts()) + " ('holdfast alert list')", width)));
        }
        lines.add("");
        lines.addAll(table(report, now, width, paint));
        if (report.members().isEmpty()) {
            lines.add("No member has told about itself yet.");
        }
        lines.addAll(pending(report, width, paint));
        return lines;
    }

    private static String header(StatusReport report, Paint paint) {
        List<String> parts = new ArrayList<>();
        parts.add(paint.strong(report.cluster()));
        parts.add("epoch " + report.epoch());
        parts.add("timeline " + (report.timeline() == null ? "-" : report.timeline()));
        parts.add("durability " + report.durability() + waitingFor(report));
        parts.add("quorum " + (report.quorum() ? paint.good("yes") : paint.bad("no")));
        if (report.leader() == null) {
            parts.add(paint.bad("no leader"));
        }
        return String.join("   ", parts);
    }

    private static String waitingFor(StatusReport report) {
        if (!report.durability().equals("quorum")) {
            return "";
        }
        return report.acks() == 0
                ? " (nobody acknowledges)"
                : " (" + report.acks() + " of " + String.join(", ", report.syncSet()) + ")";
    }

    private static List<String> table(StatusReport report, Instant now, int width, Paint paint) {
        boolean addresses = width >= WITH_ADDRESSES;
        List<String> headings = new ArrayList<>(List.of("MEMBER", "ROLE", "STATE", "TL", "LAG", "SYNC"));
        if (addresses) {
            headings.add("POSTGRES");
        }
        headings.addAll(List.of("SINCE", "WHY"));
        TextTable table = new TextTable(headings);
        for (StatusReport.Member member : report.members()) {
            List<Cell> row = new ArrayList<>();
            row.add(new Cell(member.name(),
                    member.role().equals("primary") ? paint::strong : UnaryOperator.identity()));
            row.add(new Cell(member.role(), ofRole(member.role(), paint)));
            row.add(new Cell(member.state() + (member.pendingRestart().isEmpty() ? "" : PENDING),
                    ofState(member.state(), paint)));
            row.add(Cell.plain(member.timeline() == null ? "-" : member.timeline().toString()));
            row.add(Cell.plain(lag(member)));
            row.add(Cell.plain(member.syncState() == null ? "-" : member.syncState()));
            if (addresses) {
                row.add(Cell.plain(member.postgres().isEmpty() ? "-" : member.postgres()));
            }
            row.add(Cell.plain(member.since() == null ? "-" : Amount.age(Duration.between(member.since(), now))));
            row.add(Cell.plain(member.why()));
            table.row(row);
        }
        return table.lines(width, paint);
    }

    /** What the marks mean: one line for each group of parameters that waits for a restart. */
    private static List<String> pending(StatusReport report, int width, Paint paint) {
        Map<String, List<String>> members = new TreeMap<>();
        report.members()
                .stream()
                .filter(member -> !member.pendingRestart().isEmpty())
                .forEach(member -> members
                        .computeIfAbsent(String.join(", ", member.pendingRestart()), parameters -> new ArrayList<>())
                        .add(member.name()));
        List<String> lines = new ArrayList<>();
        members.forEach((parameters, names) -> lines.add(paint.soon(TextTable.cut(
                PENDING + " pending restart: " + parameters + " on " + String.join(", ", names), width))));
        if (!lines.isEmpty()) {
            lines.addFirst("");
        }
        return lines;
    }

    /** Bytes that are missing, and how late the replay is when it is late. */
    private static String lag(StatusReport.Member member) {
        if (!member.role().equals("standby") || member.lagBytes() == null) {
            return "-";
        }
        String bytes = Amount.bytes(member.lagBytes());
        Double seconds = member.lagSeconds();
        return seconds == null || seconds < 0.05 ? bytes : bytes + ", " + Amount.seconds(seconds);
    }

    private static UnaryOperator<String> ofRole(String role, Paint paint) {
        return switch (role) {
            case "primary" -> paint::good;
            case "down" -> paint::bad;
            default -> UnaryOperator.identity();
        };
    }

    private static UnaryOperator<String> ofState(String state, Paint paint) {
        return switch (state) {
            case "running", "streaming" -> paint::good;
            case "stopped", "fenced", "failed" -> paint::bad;
            default -> paint::soon;
        };
    }
}
