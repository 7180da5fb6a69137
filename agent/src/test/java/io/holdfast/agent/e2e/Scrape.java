package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.LabMember;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a member's agent gives to who scrapes it.
 *
 * @param text as it came
 * @param values by name and labels, as they are written
 */
record Scrape(String text, Map<String, Double> values) {
    /** In OpenMetrics' text; nothing while the agent does not answer. */
    static Scrape of(LabMember member) {
        String text = Commands.run(Duration.ofSeconds(10), List.of("curl", "-s", "-m", "5", "-H",
                "Accept: application/openmetrics-text;version=1.0.0", member.healthUrl() + "/metrics")).out();
        Map<String, Double> values = new TreeMap<>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            values.put(line.substring(0, space), Double.valueOf(line.substring(space + 1).replace("Inf", "Infinity")));
        });
        return new Scrape(text, values);
    }

    /** A value; NaN where there is none. */
    double value(String sample) {
        return values.getOrDefault(sample, Double.NaN);
    }

    /** The names of all metrics, as they are described: a counter's with its ending. */
    Set<String> metrics() {
        Set<String> names = new TreeSet<>();
        text.lines().filter(line -> line.startsWith("# TYPE ")).forEach(line -> {
            String[] words = line.split(" ", -1);
            names.add(words[2] + (words[3].equals("counter") ? "_total" : ""));
        });
        return names;
    }
}
