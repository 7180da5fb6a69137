package io.holdfast.metrics.io;

import io.holdfast.metrics.Metric;
import io.holdfast.metrics.Numbers;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import java.util.Locale;
import java.util.Map;

/** The text format of OpenMetrics 1.0. */
public final class OpenMetricsText {
    /** What the HTTP answer calls it. */
    public static final String CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private OpenMetricsText() {}

    /** All values of the registry now, and the end mark by which a reader knows that nothing is cut off. */
    public static String write(Registry registry) {
        StringBuilder text = new StringBuilder(16_384);
        registry.collect().forEach(family -> write(family, text));
        return text.append("# EOF\n").toString();
    }

    private static void write(Sample.Family family, StringBuilder text) {
        Metric metric = family.metric();
        String name = metric.family();
        text.append("# TYPE ").append(name).append(' ').append(metric.kind().name().toLowerCase(Locale.ROOT));
        if (!metric.unit().isEmpty()) {
            text.append("\n# UNIT ").append(name).append(' ').append(metric.unit());
        }
        text.append("\n# HELP ").append(name).append(' ');
        escape(metric.help(), text);
        text.append('\n');
        family.samples().forEach(sample -> write(sample, text));
    }

    private static void write(Sample sample, StringBuilder text) {
        text.append(sample.name());
        String before = "{";
        for (Map.Entry<String, String> label : sample.labels().entrySet()) {
            boolean bound = label.getKey().equals("le") && sample.name().endsWith("_bucket");
            text.append(before).append(label.getKey()).append("=\"");
            escape(bound ? canonical(label.getValue()) : label.getValue(), text);
            text.append('"');
            before = ",";
        }
        text.append(sample.labels().isEmpty() ? " " : "} ").append(Numbers.text(sample.value())).append('\n');
    }

    /** Bounds of buckets are always written as floating-point numbers, so that all writers' are the same text. */
    private static String canonical(String bound) {
        return bound.matches("-?[0-9]+") ? bound + ".0" : bound;
    }

    /** Backslash, newline and quote are escaped wherever text stands. */
    private static void escape(String raw, StringBuilder text) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '"' -> text.append("\\\"");
                default -> text.append(c);
            }
        }
    }
}
