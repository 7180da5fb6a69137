package io.holdfast.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * Points that are sent together.
 *
 * @param lines their lines of line protocol, each with its newline
 * @param points how many they are
 * @param formedMillis when they were put together, in milliseconds since 1970
 */
public record Batch(String lines, int points, long formedMillis) {

    /** The lines of points. */
    public static Batch of(List<Point> points, long formedMillis) {
        StringBuilder lines = new StringBuilder(points.size() * 128);
        for (Point point : points) {
            LineText.write(point, lines);
            lines.append('\n');
        }
        return new Batch(lines.toString(), points.size(), formedMillis);
    }

    /**
     * Two or three batches that are this one together, in order: where the server named a line, that one by itself, else halves.
     *
     * @param line the line that the server named, from 1; any other number: it named none
     */
    public List<Batch> split(int line) {
        List<Integer> ends = ends();
        int count = ends.size();
        if (count < 2) {
            throw new IllegalStateException("a batch of " + count + " lines cannot be split");
        }
        int[] cuts = line >= 1 && line <= count ? new int[]{0, line - 1, line, count} : new int[]{0, count / 2, count};
        List<Batch> parts = new ArrayList<>();
        for (int i = 1; i < cuts.length; i++) {
            if (cuts[i] > cuts[i - 1]) {
                int from = cuts[i - 1] == 0 ? 0 : ends.get(cuts[i - 1] - 1);
                parts.add(new Batch(lines.substring(from, ends.get(cuts[i] - 1)), cuts[i] - cuts[i - 1], formedMillis));
            }
        }
        return parts;
    }

    /** Behind the newline of each line; within a line there is none. */
    private List<Integer> ends() {
        List<Integer> ends = new ArrayList<>(points);
        for (int end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', end + 1)) {
            ends.add(end + 1);
        }
        return ends;
    }
}
