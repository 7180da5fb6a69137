package io.holdfast.agent.dashboards;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Makes dashboards of their definitions: what all of them have alike, and where each panel stands. */
final class GrafanaJson {
    static final Path WRITTEN = Path.of("../docker/grafana/dashboards");
    /** The Grafana of docker/compose.monitoring.yaml. */
    static final String VERSION = "11.2.0";
    static final String MARKS = """
            SELECT "epoch" FROM (SELECT max("value") AS "epoch", non_negative_difference(max("value")) AS "more" \
            FROM "holdfast_epoch" WHERE "cluster" =~ /^$cluster$/ AND $timeFilter GROUP BY time(10s) fill(none)) \
            WHERE "more" > 0 AND $timeFilter""";
    static final List<String> CHOICES = List.of("SHOW TAG VALUES FROM \"holdfast_build\" WITH KEY = \"cluster\"",
            "SHOW TAG VALUES FROM \"holdfast_build\" WITH KEY = \"agent\" WHERE \"cluster\" =~ /^$cluster$/");

    private static final Path DEFINITIONS = Path.of("src/test/dashboards");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final int COLUMNS = 24;
    private static final int SCHEMA = 39;

    private GrafanaJson() {}

    /** All of them, by the name of their file without its ending. */
    static SortedMap<String, ObjectNode> all() throws IOException {
        SortedMap<String, ObjectNode> all = new TreeMap<>();
        try (Stream<Path> files = Files.list(DEFINITIONS)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".yaml")).toList()) {
                String name = file.getFileName().toString().replace(".yaml", "");
                all.put(name, dashboard(name, YAML.readTree(Files.readString(file))));
            }
        }
        return all;
    }

    /** As it is written to a file. */
    static String text(ObjectNode dashboard) throws IOException {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(dashboard) + "\n";
    }

    static String uid(String name) {
        return "holdfast-" + name;
    }

    private static ObjectNode dashboard(String name, JsonNode definition) {
        return object("uid", uid(name), "title", "Holdfast: " + definition.path("title").asText(), "description",
                definition.path("answers").asText(), "tags", List.of("holdfast"), "schemaVersion", SCHEMA, "editable",
                true,
                "graphTooltip", 1, "fiscalYearStartMonth", 0, "timezone", "browser", "refresh", "10s", "time",
                object("from", "now-1h", "to", "now"), "links",
                array(link("dashboards", "Holdfast", ""), link("link", "Runbooks", "${docs}/runbooks/README.md")),
                "templating", object("list", variables()), "annotations", object("list", array(marks())), "panels",
                panels(definition.path("panels")));
    }

    /** From left to right, and a new line where the next does not fit. */
    private static ArrayNode panels(JsonNode definitions) {
        ArrayNode panels = array();
        int x = 0;
        int y = 0;
        int line = 0;
        for (JsonNode definition : definitions) {
            Panel panel = Panel.of(definition);
            if (x + panel.width() > COLUMNS) {
                x = 0;
                y += line;
                line = 0;
            }
            panels.add(panel.json(panels.size() + 1, x, y));
            x += panel.width();
            line = Math.max(line, panel.height());
        }
        return panels;
    }

    /** To all dashboards of ours, or to one address. */
    static ObjectNode link(String type, String title, String url) {
        return object("type", type, "title", title, "url", url, "icon", type.equals("link") ? "doc" : "dashboard",
                "tooltip", "",
                "tags", type.equals("link") ? List.of() : List.of("holdfast"), "asDropdown", false, "targetBlank",
                type.equals("link"), "includeVars", !type.equals("link"), "keepTime", !type.equals("link"));
    }

    private static ArrayNode variables() {
        ObjectNode source = object("name", "datasource", "label", "data source", "type", "datasource", "query",
                "influxdb", "hide",
                0, "current", object("text", "Holdfast", "value", "holdfast-influxdb"));
        ObjectNode cluster = choice("cluster", 0);
        ObjectNode member = choice("member", 1).put("multi", true).put("includeAll", true).put("allValue", ".*");
        member.set("current", object("text", "All", "value", "$__all"));
        ObjectNode docs = object("name", "docs", "label", "docs at", "type", "textbox", "query", "/public/holdfast",
                "hide", 0,
                "current", object("text", "/public/holdfast", "value", "/public/holdfast"));
        return array(source, cluster, member, docs);
    }

    private static ObjectNode choice(String name, int number) {
        return object("name", name, "label", name, "type", "query", "datasource", source(), "query",
                CHOICES.get(number), "refresh",
                2, "sort", 1, "hide", 0);
    }

    /** Where failovers and switchovers were. */
    private static ObjectNode marks() {
        return object("name", "Failovers", "datasource", source(), "enable", true, "iconColor", "red", "target",
                object("refId", "Anno", "fromAnnotations", true, "query", MARKS, "textColumn", "epoch"));
    }

    /** The one that is chosen above; the first is that of docker/grafana/provisioning. */
    static ObjectNode source() {
        return object("type", "influxdb", "uid", "${datasource}");
    }

    static ArrayNode array(JsonNode... values) {
        return JSON.createArrayNode().addAll(List.of(values));
    }

    /** Of names and values by turns. */
    static ObjectNode object(Object... pairs) {
        ObjectNode object = JSON.createObjectNode();
        for (int i = 0; i < pairs.length; i += 2) {
            object.set((String) pairs[i], JSON.valueToTree(pairs[i + 1]));
        }
        return object;
    }
}
