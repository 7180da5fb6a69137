package io.holdfast.metrics.io;

import io.holdfast.metrics.Numbers;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import java.util.Locale;
import java.util.Map;

/** Prometheus' text exposition format, version 0.0.4. */
public final class PrometheusText {
    /** What the HTTP answer calls it. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private PrometheusText() {}

    /** All values of the registry now; each line ends in a newline, as the format demands. */
    public static String write(Registry registry) {
        StringBuilder text = new StringBuilder(4096);
        for (Sample.Family family : registry.collect()) {
            String name = family.metric().name();
            text.append("# HELP ").append(name).append(' ');
            escape(family.metric().help(), false, text);
            text.append("\n# TYPE ")
                    .append(name)
                    .append(' ')
                    .append(family.metric().kind().name().toLowerCase(Locale.ROOT))
                    .append('\n');
            family.samples().forEach(sample -> write(sample, text));
        }
        return text.toString();
    }

    private static void write(Sample sample, StringBuilder text) {
        text.append(sample.name());
        String before = "{";
        for (Map.Entry<String, String> label : sample.labels().entrySet()) {
            text.append(before).append(label.getKey()).append("=\"");
            escape(label.getValue(), true, text);
            text.append('"');
            before = ",";
        }
        text.append(sample.labels().isEmpty() ? " " : "} ").append(Numbers.text(sample.value())).append('\n');
    }

    /** Backslash and newline are escaped everywhere, the quote in label values only. */
    private static void escape(String raw, boolean quoted, StringBuilder text) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '"' -> text.append(quoted ? "\\\"" : "\"");
                default -> text.append(c);
            }
        }
    }
}
