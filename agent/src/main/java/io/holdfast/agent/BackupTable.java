package io.holdfast.agent;

import io.holdfast.agent.TextTable.Cell;
import java.util.List;

/** The backups as a table. */
public final class BackupTable {
    private BackupTable() {}

    /**
     * A row.
     *
     * @param backup its name
     * @param state {@code complete}, {@code corrupt}, {@code lacks-wal}, {@code broken}, {@code damaged} or {@code unfinished}
     * @param member on which member it was taken; empty when that is not known
     * @param plainBytes what it holds; -1 when that is not known
     * @param storedBytes what it takes in the repository
     * @param proved when it was last restored for a trial, in words
     * @param restorableTo how far it can be restored, in words; empty when not at all
     */
    public record Row(String backup, String state, String member, long plainBytes, long storedBytes,
            String proved, String restorableTo) {}

    /** The lines of the table, {@code width} characters at most. */
    public static List<String> lines(List<Row> rows, int width) {
        TextTable table = new TextTable(
                List.of("BACKUP", "STATE", "MEMBER", "SIZE", "STORED", "PROVED", "RESTORABLE TO"));
        for (Row row : rows) {
            table.row(List.of(Cell.plain(row.backup()), Cell.plain(row.state()), Cell.plain(orDash(row.member())),
                    Cell.plain(row.plainBytes() < 0 ? "-" : Amount.bytes(row.plainBytes())),
                    Cell.plain(Amount.bytes(row.storedBytes())), Cell.plain(row.proved()),
                    Cell.plain(orDash(row.restorableTo()))));
        }
        return table.lines(width, Paint.OFF);
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }
}
