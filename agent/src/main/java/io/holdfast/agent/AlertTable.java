package io.holdfast.agent;

import io.holdfast.agent.TextTable.Cell;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** The tables of {@code holdfast alert}. */
public final class AlertTable {
    private AlertTable() {}

    /**
     * An alert.
     *
     * @param severity how bad it is
     * @param state what has become of it, for people
     * @param name rule and labels
     * @param age since when
     * @param runbook what to read; empty: nothing
     * @param text what is the matter
     */
    public record Row(String severity, String state, String name, Duration age, String runbook, String text) {}

    /** A rule, each part as it is shown. */
    public record RuleRow(String name, String severity, String fires, String overAt, String pending, String keep,
            String runbook) {}

    /** Lines of alerts, {@code width} characters at most. */
    public static List<String> alerts(List<Row> rows, int width, Paint paint) {
        TextTable table = new TextTable(List.of("SEVERITY", "STATE", "ALERT", "FOR", "RUNBOOK", "WHAT"));
        for (Row row : rows) {
            table.row(List.of(new Cell(row.severity(), ofSeverity(row.severity(), paint)), Cell.plain(row.state()),
                    Cell.plain(row.name()), Cell.plain(Amount.age(row.age())),
                    Cell.plain(row.runbook().isEmpty() ? "-" : row.runbook()), Cell.plain(row.text())));
        }
        return table.lines(width, paint);
    }

    private static UnaryOperator<String> ofSeverity(String severity, Paint paint) {
        return switch (severity) {
            case "critical" -> paint::bad;
            case "warning" -> paint::soon;
            default -> UnaryOperator.identity();
        };
    }

    /** Lines of rules. */
    public static List<String> rules(List<RuleRow> rows, int width, Paint paint) {
        TextTable table = new TextTable(List.of("ALERT", "SEVERITY", "FIRES", "OVER AT", "FOR", "KEEP", "RUNBOOK"));
        for (RuleRow row : rows) {
            table.row(List.of(Cell.plain(row.name()), new Cell(row.severity(), ofSeverity(row.severity(), paint)),
                    Cell.plain(row.fires()), Cell.plain(row.overAt()), Cell.plain(row.pending()),
                    Cell.plain(row.keep()), Cell.plain(row.runbook().isEmpty() ? "-" : row.runbook())));
        }
        return table.lines(width, paint);
    }
}
