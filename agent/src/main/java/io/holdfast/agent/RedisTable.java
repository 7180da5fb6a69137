package io.holdfast.agent;

import io.holdfast.agent.TextTable.Cell;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tables of {@code holdfast redis status}. */
public final class RedisTable {
    private RedisTable() {}

    /**
     * A Redis.
     *
     * @param address where
     * @param role {@code master}, {@code replica} or {@code silent}
     * @param state what else is to be said of it
     * @param lagBytes how far behind its master; null: it is none, or that is not known
     * @param priority the least is preferred, 0 never taken; null: not known
     * @param version its version; empty when it is not known
     * @param clients how many are connected; null: not known
     * @param usedBytes memory; null: not known
     * @param latencyMicros how long it took to answer; null: not known
     */
    public record Row(String address, String role, String state, @Nullable Long lagBytes, @Nullable Long priority,
            String version, @Nullable Long clients, @Nullable Long usedBytes, @Nullable Long latencyMicros) {}

    /**
     * A Sentinel.
     *
     * @param address where
     * @param state {@code ok}, {@code tilt} or {@code silent}
     * @param master whom it names; empty when it does not answer
     * @param quorum how many must agree, of how many
     * @param says what it complains of
     */
    public record SentinelRow(String address, String state, String master, String quorum, String says) {}

    /** Lines of the instances, {@code width} characters at most. */
    public static List<String> instances(List<Row> rows, int width, Paint paint) {
        TextTable table = new TextTable(
                List.of("REDIS", "ROLE", "LAG", "PRIORITY", "VERSION", "CLIENTS", "MEMORY", "LATENCY", "STATE"));
        for (Row row : rows) {
            Cell role = new Cell(row.role(), row.role().equals("silent") ? paint::bad : paint::strong);
            table.row(List.of(Cell.plain(row.address()), role,
                    Cell.plain(row.lagBytes() == null ? "-" : Amount.bytes(row.lagBytes())),
                    Cell.plain(number(row.priority())), Cell.plain(row.version().isEmpty() ? "-" : row.version()),
                    Cell.plain(number(row.clients())),
                    Cell.plain(row.usedBytes() == null ? "-" : Amount.bytes(row.usedBytes())),
                    Cell.plain(row.latencyMicros() == null ? "-" : row.latencyMicros() / 1000 + " ms"),
                    Cell.plain(row.state())));
        }
        return table.lines(width, paint);
    }

    /** Lines of the Sentinels. */
    public static List<String> sentinels(List<SentinelRow> rows, int width, Paint paint) {
        TextTable table = new TextTable(List.of("SENTINEL", "STATE", "MASTER", "QUORUM", "SAYS"));
        for (SentinelRow row : rows) {
            Cell state = new Cell(row.state(), row.state().equals("ok") ? text -> text : paint::bad);
            table.row(List.of(Cell.plain(row.address()), state, Cell.plain(row.master().isEmpty() ? "-" : row.master()),
                    Cell.plain(row.quorum().isEmpty() ? "-" : row.quorum()), Cell.plain(row.says())));
        }
        return table.lines(width, paint);
    }

    private static String number(@Nullable Long number) {
        return number == null ? "-" : Long.toString(number);
    }
}
