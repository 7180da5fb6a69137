package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The page of the metrics says what the code measures; {@code -Dwrite.docs=true} writes it anew. */
final class MetricsPageTest {
    private static final Path PAGE = Path.of("../docs/metrics.md");

    @Test
    void thePageOfTheMetricsIsThatOfTheCode() throws IOException {
        if (Boolean.getBoolean("write.docs")) {
            Files.writeString(PAGE, MetricsPage.write());
        }
        assertEquals(MetricsPage.write(), Files.readString(PAGE), "write it anew with -Dwrite.docs=true");
    }

    /** No name twice, also none that a counter or histogram has for its samples; times and sizes in base units; a sentence each. */
    @Test
    void namesAreAsTheFieldHasThem() {
        List<String> wrong = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Measurements.Group group : Measurements.catalog()) {
            for (Measure measure : group.measures()) {
                Metric metric = measure.metric();
                String name = metric.name();
                List<String> taken = metric.kind() == Metric.Kind.HISTOGRAM
                        ? List.of(name, name + "_bucket", name + "_sum", name + "_count")
                        : metric.kind() == Metric.Kind.COUNTER ? List.of(name, metric.family()) : List.of(name);
                taken.stream().filter(one -> !names.add(one)).forEach(one -> wrong.add(one + " is there twice"));
                if (name.matches(".*_(ms|millis|milliseconds|kb|mb|percent|minutes|hours)(_.*)?")) {
                    wrong.add(name + " is in no base unit");
                }
                if (metric.kind() == Metric.Kind.HISTOGRAM && metric.unit().isEmpty()) {
                    wrong.add(name + " has no unit");
                }
                if (!metric.help().endsWith(".")
                        || !name.matches("(holdfast|pg|redis|system|process|jvm|vertx)_[a-z0-9_]+")) {
                    wrong.add(name + ": " + metric.help());
                }
                if (measure.labels().stream().anyMatch(Set.of("query", "text", "instance", "job")::contains)) {
                    wrong.add(
                            name + " has labels that nobody bounds, or that are Prometheus' own: " + measure.labels());
                }
            }
        }
        assertEquals(List.of(), wrong);
    }
}
