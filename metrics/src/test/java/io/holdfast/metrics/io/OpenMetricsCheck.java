package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a text as strictly as OpenMetrics 1.0 is written, for the types that Holdfast has; fails at the first fault. */
final class OpenMetricsCheck {
    private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    private static final String QUOTED = "(?:[^\"\\\\\\n]|\\\\[n\"\\\\])*";
    private static final String NUMBER = "[+-]?(?:[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|Inf)|NaN";
    private static final Pattern META = Pattern.compile("# (TYPE|UNIT|HELP) (" + NAME + ") (" + QUOTED + ")");
    private static final Pattern SAMPLE = Pattern.compile("(" + NAME + ")(?:\\{(.*)\\})? (" + NUMBER + ")");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"(" + QUOTED + ")\"(?:,|$)");
    private static final Map<String, List<String>> SUFFIXES = Map.of("counter", List.of("_total"), "gauge", List.of(""),
            "histogram", List.of("_bucket", "_count", "_sum"));

    /** A family with its samples, by name and labels in the order of the text. */
    private record Family(String name, String type, Map<String, String> meta, List<String> seen) {}

    private final Set<String> taken = new HashSet<>();
    private final Map<String, Double> values = new TreeMap<>();
    private Family family = new Family("", "", Map.of(), List.of());
    private String group = "";
    private final Set<String> groups = new HashSet<>();
    private double bucket;
    private double bound;

    private OpenMetricsCheck() {}

    /** The values, by name and labels as they are written. */
    static Map<String, Double> read(String text) {
        assertTrue(text.endsWith("\n# EOF\n"), "no end mark");
        OpenMetricsCheck check = new OpenMetricsCheck();
        String body = text.substring(0, text.length() - "# EOF\n".length());
        for (String line : body.substring(0, body.length() - 1).split("\n", -1)) {
            check.line(line);
        }
        return check.values;
    }

    private void line(String line) {
        Matcher meta = META.matcher(line);
        if (meta.matches()) {
            meta(meta.group(1), meta.group(2), meta.group(3), line);
            return;
        }
        Matcher sample = SAMPLE.matcher(line);
        assertTrue(sample.matches(), line);
        sample(sample.group(1), sample.group(2) == null ? "" : sample.group(2), number(sample.group(3)), line);
    }

    private void meta(String what, String name, String text, String line) {
        if (!name.equals(family.name())) {
            assertEquals("TYPE", what, "a family begins with its type: " + line);
            assertTrue(SUFFIXES.containsKey(text), line);
            family = new Family(name, text, new TreeMap<>(), new ArrayList<>());
            group = "";
            groups.clear();
            // Neither the family nor any name that its samples may have is another family's.
            SUFFIXES.getOrDefault(text, List.of())
                    .forEach(suffix -> assertTrue(taken.add(name + suffix), "clashes: " + line));
            assertTrue(text.equals("gauge") || taken.add(name), "clashes: " + line);
        } else {
            assertTrue(family.meta().putIfAbsent(what, text) == null && family.seen().isEmpty(), line);
        }
        if (what.equals("UNIT")) {
            assertTrue(!text.isEmpty() && name.endsWith("_" + text), line);
        }
    }

    private void sample(String name, String labels, double value, String line) {
        assertTrue(SUFFIXES.getOrDefault(family.type(), List.of())
                .stream()
                .anyMatch(suffix -> name.equals(family.name() + suffix)), "not of " + family.name() + ": " + line);
        assertTrue(family.meta().containsKey("HELP"), "no help: " + line);
        family.seen().add(line);
        Map<String, String> set = labels(labels, line);
        assertTrue(values.put(line.substring(0, line.lastIndexOf(' ')), value) == null, "twice: " + line);
        String bound = set.remove("le");
        assertEquals(name.endsWith("_bucket") && family.type().equals("histogram"), bound != null, line);
        // The samples of one set of labels stand together.
        if (!set.toString().equals(group)) {
            group = set.toString();
            assertTrue(groups.add(group), "interleaved: " + line);
            bucket = -1;
            this.bound = Double.NEGATIVE_INFINITY;
        }
        assertTrue(!family.type().equals("counter") || value >= 0 && !Double.isNaN(value), line);
        if (bound != null) {
            assertTrue(bound.equals("+Inf") || bound.matches("[0-9]+\\.[0-9]+(E-?[0-9]+)?"), "not canonical: " + line);
            double upper = number(bound);
            assertTrue(upper > this.bound && value >= bucket, "buckets fall: " + line);
            this.bound = upper;
            bucket = value;
        } else if (name.equals(family.name() + "_count")) {
            assertEquals(Double.POSITIVE_INFINITY, this.bound, "no last bucket: " + line);
            assertEquals(bucket, value, line);
        }
    }

    private static Map<String, String> labels(String text, String line) {
        Map<String, String> labels = new TreeMap<>();
        Matcher matcher = LABEL.matcher(text);
        int end = 0;
        while (end < text.length()) {
            assertTrue(matcher.find(end) && matcher.start() == end, line);
            assertTrue(labels.put(matcher.group(1), matcher.group(2)) == null, "a label twice: " + line);
            end = matcher.end();
        }
        assertFalse(text.endsWith(","), line);
        return labels;
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
