package io.holdfast.metrics;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Values of one series at one time, as InfluxDB keeps them. Measurement, tags and time tell a point from all others: written
 * twice it is there once, so that whoever does not know whether it has arrived sends it again.
 *
 * @param measurement what is measured
 * @param tags which series: by name, values of any text; an empty value is as none
 * @param fields the values by name, at least one; a name keeps its type for ever, or InfluxDB refuses the point
 * @param timeNanos when, in nanoseconds since 1970
 */
public record Point(String measurement, SortedMap<String, String> tags, SortedMap<String, Field> fields,
        long timeNanos) {

    /** Takes immutable copies; throws IllegalArgumentException without a field and for names that a server would not take. */
    public Point {
        tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
        fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
        if (fields.isEmpty()) {
            throw new IllegalArgumentException("a point of " + measurement + " without a field");
        }
        named(measurement);
        tags.keySet().forEach(Point::named);
        fields.keySet().forEach(Point::named);
    }

    /** A value and its type. */
    public sealed interface Field {
        /**
         * A floating-point number.
         *
         * @param value finite: line protocol knows no other
         */
        record Real(double value) implements Field {
            /** Throws IllegalArgumentException for infinity and NaN. */
            public Real {
                if (!Double.isFinite(value)) {
                    throw new IllegalArgumentException("not a finite number: " + value);
                }
            }
        }

        /**
         * A whole number.
         *
         * @param value any
         */
        record Whole(long value) implements Field {}

        /**
         * Yes or no.
         *
         * @param value which
         */
        record Flag(boolean value) implements Field {}

        /**
         * A text.
         *
         * @param value any text; see {@link LineText} for how it is written
         */
        record Text(String value) implements Field {}
    }

    /** A point with one field and no tags but these. */
    public static Point of(String measurement, Map<String, String> tags, String field, Field value, long timeNanos) {
        return new Point(measurement, new TreeMap<>(tags), new TreeMap<>(Map.of(field, value)), timeNanos);
    }

    /** Its line of line protocol, without the newline. */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(160);
        LineText.write(this, line);
        return line.toString();
    }

    /** Letters, digits and underscores; {@code time} is InfluxDB's own, and so are the names of Flux's columns. */
    private static void named(String name) {
        boolean fine = !name.isEmpty() && !isDigit(name.charAt(0));
        for (int i = 0; fine && i < name.length(); i++) {
            char c = name.charAt(i);
            fine = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || isDigit(c);
        }
        if (!fine || name.equals("time") || name.equals("_time") || name.equals("_field") || name.equals("_measurement")
                || name.equals("_value")) {
            throw new IllegalArgumentException("not a name in a point: '" + name + "'");
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
