package io.holdfast.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Rows of text under headings, as wide as they must be; the last column takes what is left. */
final class TextTable {
    private static final String GAP = "  ";
    private static final int LEAST_OF_LAST = 12;

    private final List<String> headings;
    private final List<List<Cell>> rows = new ArrayList<>();

    /**
     * A piece of text and its colour.
     *
     * @param text what is shown
     * @param paint its colour
     */
    record Cell(String text, UnaryOperator<String> paint) {
        static Cell plain(String text) {
            return new Cell(text, UnaryOperator.identity());
        }
    }

    TextTable(List<String> headings) {
        this.headings = headings;
    }

    void row(List<Cell> cells) {
        rows.add(List.copyOf(cells));
    }

    /** Lines that are no longer than {@code width}, if at all possible: the last column is cut, or left out. */
    List<String> lines(int width, Paint paint) {
        int last = headings.size() - 1;
        int[] widths = new int[last];
        int before = 0;
        for (int column = 0; column < last; column++) {
            widths[column] = headings.get(column).length();
            for (List<Cell> row : rows) {
                widths[column] = Math.max(widths[column], row.get(column).text().length());
            }
            before += widths[column] + GAP.length();
        }
        int room = width - before;
        List<String> lines = new ArrayList<>();
        lines.add(paint.faint(line(headings.stream().map(Cell::plain).toList(), widths, room)));
        for (List<Cell> row : rows) {
            lines.add(line(row, widths, room));
        }
        return lines;
    }

    private static String line(List<Cell> row, int[] widths, int room) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            Cell cell = row.get(column);
            line.append(cell.paint().apply(cell.text()))
                    .append(" ".repeat(widths[column] - cell.text().length()))
                    .append(GAP);
        }
        Cell lastCell = row.getLast();
        if (room >= LEAST_OF_LAST) {
            line.append(lastCell.paint().apply(cut(lastCell.text(), room)));
        }
        return line.toString().stripTrailing();
    }

    /** The text, ending in three dots where it had to be cut. */
    static String cut(String text, int room) {
        return text.length() <= room ? text : text.substring(0, Math.max(0, room - 3)) + "...";
    }
}
