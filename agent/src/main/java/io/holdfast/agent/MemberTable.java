package io.holdfast.agent;

import io.holdfast.agent.TextTable.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The members as a table. */
public final class MemberTable {
    /** The tags as they are when nobody sets them: not worth a word. */
    private static final Map<String, String> USUAL = Map.of("failover-priority", "100", "zone", "", "nosync", "false",
            "noloadbalance", "false");

    private MemberTable() {}

    /**
     * A row.
     *
     * @param name the member's
     * @param kind {@code database}, {@code witness} or {@code unknown}
     * @param role as in the status
     * @param state as in the status
     * @param votes true when it counts for a majority of agents
     * @param peer its address in the consensus; empty when it has none
     * @param postgres PostgreSQL's address; empty when it has none
     * @param tags all of them
     */
    public record Row(String name, String kind, String role, String state, boolean votes, String peer, String postgres,
            Map<String, String> tags) {
        /** Takes an immutable copy. */
        public Row {
            tags = Map.copyOf(tags);
        }
    }

    /** The lines of the table, {@code width} characters at most. */
    public static List<String> lines(List<Row> rows, int width) {
        TextTable table = new TextTable(
                List.of("MEMBER", "KIND", "ROLE", "STATE", "VOTES", "PEER", "POSTGRES", "TAGS"));
        for (Row row : rows) {
            table.row(List.of(Cell.plain(row.name()), Cell.plain(row.kind()), Cell.plain(row.role()),
                    Cell.plain(row.state()), Cell.plain(row.votes() ? "yes" : "no"), Cell.plain(orDash(row.peer())),
                    Cell.plain(orDash(row.postgres())), Cell.plain(unusual(row.tags()))));
        }
        return table.lines(width, Paint.OFF);
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    private static String unusual(Map<String, String> tags) {
        List<String> unusual = new ArrayList<>();
        tags.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(tag -> {
            if (!tag.getValue().equals(USUAL.get(tag.getKey()))) {
                unusual.add(tag.getValue().equals("true") ? tag.getKey() : tag.getKey() + " " + tag.getValue());
            }
        });
        return orDash(String.join(", ", unusual));
    }
}
