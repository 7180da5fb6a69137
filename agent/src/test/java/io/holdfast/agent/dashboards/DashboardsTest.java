package io.holdfast.agent.dashboards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The dashboards are those of their definitions, which {@code -Dwrite.docs=true} writes anew, and are what Grafana can show. */
final class DashboardsTest {
    private static final int MOST_PANELS = 17;
    private static final Pattern LABELS = Pattern
            .compile("\"([a-z_]+)\" (?:=|=~|!=) |GROUP BY ((?:time\\([^)]*\\), )?\"[^)]*)");
    private static final Pattern NAME = Pattern.compile("\"([a-z_]+)\"");

    @Test
    void theFilesAreThoseOfTheDefinitions() throws IOException {
        Map<String, ObjectNode> all = GrafanaJson.all();
        Set<String> files = new TreeSet<>();
        for (Map.Entry<String, ObjectNode> one : all.entrySet()) {
            Path file = GrafanaJson.WRITTEN.resolve(GrafanaJson.uid(one.getKey()) + ".json");
            String text = GrafanaJson.text(one.getValue());
            if (Boolean.getBoolean("write.docs")) {
                Files.writeString(file, text);
            }
            assertTrue(Files.exists(file) && text.equals(Files.readString(file)),
                    file + ": write it anew with -Dwrite.docs=true");
            files.add(file.getFileName().toString());
        }
        try (Stream<Path> there = Files.list(GrafanaJson.WRITTEN)) {
            assertEquals(files, there.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .collect(Collectors.toCollection(TreeSet::new)), "others are nobody's");
        }
    }

    /** Links and bookmarks name them: they do not change. */
    @Test
    void theirNamesToGrafanaAreFixed() throws IOException {
        assertEquals(
                List.of("holdfast-backups", "holdfast-cluster", "holdfast-failover", "holdfast-host", "holdfast-redis",
                        "holdfast-sessions"),
                GrafanaJson.all().values().stream().map(one -> one.path("uid").asText()).toList());
    }

    @Test
    void panelsAreFewDoNotOverlapAndSayWhatIsNormalAndWhatToDo() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (ObjectNode dashboard : GrafanaJson.all().values()) {
            String title = dashboard.path("title").asText();
            Set<String> taken = new HashSet<>();
            Set<Integer> ids = new HashSet<>();
            if (dashboard.path("panels").size() > MOST_PANELS) {
                wrong.add(title + " has " + dashboard.path("panels").size() + " panels");
            }
            for (JsonNode panel : dashboard.path("panels")) {
                String name = title + " / " + panel.path("title").asText();
                JsonNode at = panel.path("gridPos");
                for (int x = at.path("x").asInt(); x < at.path("x").asInt() + at.path("w").asInt(); x++) {
                    for (int y = at.path("y").asInt(); y < at.path("y").asInt() + at.path("h").asInt(); y++) {
                        if (!taken.add(x + " " + y) || x > 23) {
                            wrong.add(name + " covers another, or is beside the screen");
                        }
                    }
                }
                String about = panel.path("description").asText();
                if (!about.contains(". ") || !ids.add(panel.path("id").asInt())
                        || !Files.exists(Path.of("../docs/runbooks", about.replaceFirst("(?s).*/", "")))) {
                    wrong.add(name + " does not say enough, or has no runbook: " + about);
                }
                panel.path("links").forEach(link -> {
                    String url = link.path("url").asText();
                    if (url.startsWith("/d/") && !Files.exists(
                            GrafanaJson.WRITTEN.resolve(url.substring(3).replaceFirst("\\?.*", "") + ".json"))) {
                        wrong.add(name + " leads to " + url);
                    }
                });
            }
        }
        assertEquals(List.of(), new ArrayList<>(new TreeSet<>(wrong)));
    }

    @Test
    void everyQuestionIsAskedOfTheChosenSourceAndOfMetricsAndLabelsThatThereAre() throws IOException {
        Map<String, Set<String>> metrics = described();
        List<String> wrong = new ArrayList<>();
        for (ObjectNode dashboard : GrafanaJson.all().values()) {
            for (JsonNode panel : dashboard.path("panels")) {
                Set<String> ids = new HashSet<>();
                for (JsonNode target : panel.path("targets")) {
                    String question = target.path("query").asText();
                    if (!target.path("datasource").equals(GrafanaJson.source())
                            || !ids.add(target.path("refId").asText())
                            || !question.contains("$timeFilter") || !question.contains("/^$cluster$/")) {
                        wrong.add("not asked as it should be: " + target);
                    }
                    Set<String> asked = InfluxQl.metrics(question);
                    Set<String> labels = new TreeSet<>(Set.of("cluster", "agent", "value", "count", "took", "more"));
                    asked.forEach(metric -> labels.addAll(metrics.getOrDefault(metric, Set.of())));
                    LABELS.matcher(question)
                            .results()
                            .forEach(found -> NAME.matcher(found.group())
                                    .results()
                                    .map(name -> name.group(1))
                                    .filter(name -> !labels.contains(name))
                                    .forEach(name -> wrong.add(name + " is no label of " + asked)));
                    if (asked.isEmpty() || !metrics.keySet().containsAll(asked)) {
                        wrong.add("docs/metrics.md does not have all of " + asked);
                    }
                }
                if (ids.isEmpty()) {
                    wrong.add("asks nothing: " + panel);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static Map<String, Set<String>> described() throws IOException {
        Pattern row = Pattern.compile("\\| `([a-z0-9_]+)` \\| (?:counter|gauge|histogram) \\| [a-z]* \\|([^|]*)\\|.*");
        return Files.readAllLines(Path.of("../docs/metrics.md"))
                .stream()
                .map(row::matcher)
                .filter(matcher -> matcher.matches())
                .collect(Collectors.toMap(matcher -> matcher.group(1), matcher -> Pattern.compile("`([a-z_]+)`")
                        .matcher(matcher.group(2))
                        .results()
                        .map(label -> label.group(1))
                        .collect(Collectors.toSet())));
    }
}
