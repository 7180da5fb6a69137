package io.holdfast.metrics.io;

import io.holdfast.metrics.Registry;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** In which text the measurements are given to whoever asks over HTTP. */
public enum Exposition {
    /** Prometheus' own, which everything reads. */
    PROMETHEUS(PrometheusText.CONTENT_TYPE),
    /** OpenMetrics, for those who ask for it. */
    OPENMETRICS(OpenMetricsText.CONTENT_TYPE);

    private static final String WANTED = "application/openmetrics-text";

    private final String contentType;

    Exposition(String contentType) {
        this.contentType = contentType;
    }

    /** What the HTTP answer calls it. */
    public String contentType() {
        return contentType;
    }

    /** All values of a registry now. */
    public String write(Registry registry) {
        return switch (this) {
            case PROMETHEUS -> PrometheusText.write(registry);
            case OPENMETRICS -> OpenMetricsText.write(registry);
        };
    }

    /**
     * What fits the header Accept: OpenMetrics where it is accepted in a version 0.0.1 or 1, at least as gladly as plain text.
     *
     * @param accept null: there is none
     */
    public static Exposition of(@Nullable String accept) {
        double open = 0;
        double plain = 0;
        for (String range : accept == null ? new String[0] : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = range.split(";", -1);
            String type = parts[0].trim();
            if (type.equals(WANTED) && isKnown(parts)) {
                open = Math.max(open, quality(parts));
            } else if (type.equals("text/plain")) {
                plain = Math.max(plain, quality(parts));
            }
        }
        return open > 0 && open >= plain ? OPENMETRICS : PROMETHEUS;
    }

    private static boolean isKnown(String[] parts) {
        for (String part : parts) {
            String trimmed = part.trim();
            if (trimmed.startsWith("version=")) {
                String version = trimmed.substring("version=".length()).replace("\"", "");
                return version.startsWith("1.") || version.equals("0.0.1");
            }
        }
        return true;
    }

    /** RFC 9110, section 12.4.2; what is no number counts as the default. */
    private static double quality(String[] parts) {
        for (String part : parts) {
            String trimmed = part.trim();
            if (trimmed.matches("q=[01](\\.[0-9]{0,3})?")) {
                return Double.parseDouble(trimmed.substring(2));
            }
        }
        return 1;
    }
}
