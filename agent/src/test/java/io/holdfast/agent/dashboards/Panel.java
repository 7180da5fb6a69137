package io.holdfast.agent.dashboards;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * A panel of a definition. Its kind is the key that has its title: {@code stat} a figure of the last minute (of the whole time with
 * {@code range}), {@code graph}, {@code timeline} of states, {@code table}. {@code about} says what is normal and what to do,
 * {@code page} is the runbook, {@code board} the dashboard that tells more, {@code ask} has the questions; {@code unit} is
 * Grafana's; {@code steps} are colours, each but the first from a value on; {@code says} are words and colours for values;
 * {@code none} stands where nothing is answered; {@code hide} are columns.
 */
record Panel(Kind kind, JsonNode definition) {
    private static final Set<String> KEYS = Set.of("about", "page", "board", "ask", "unit", "steps", "says", "none",
            "hide", "size",
            "range", "stack", "points");

    /** What Grafana draws. */
    enum Kind {
        /** One figure. */
        STAT("stat", "4x4"),
        /** Lines over time. */
        GRAPH("timeseries", "12x8"),
        /** Bars of states over time. */
        TIMELINE("state-timeline", "12x8"),
        /** Rows. */
        TABLE("table", "12x8");

        private final String type;
        private final String size;

        Kind(String type, String size) {
            this.type = type;
            this.size = size;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Of a definition. */
    static Panel of(JsonNode definition) {
        List<Kind> kinds = new ArrayList<>();
        Set<String> keys = new TreeSet<>();
        definition.fieldNames().forEachRemaining(keys::add);
        keys.removeAll(KEYS);
        for (Kind kind : Kind.values()) {
            if (keys.remove(kind.word())) {
                kinds.add(kind);
            }
        }
        if (kinds.size() != 1 || !keys.isEmpty()) {
            throw new IllegalArgumentException("a panel has one kind, and nothing unknown: " + definition);
        }
        return new Panel(kinds.getFirst(), definition);
    }

    String title() {
        return text(kind.word());
    }

    private String text(String key) {
        return definition.path(key).asText();
    }

    int width() {
        return Integer.parseInt(size()[0]);
    }

    int height() {
        return Integer.parseInt(size()[1]);
    }

    private String[] size() {
        return definition.path("size").asText(kind.size).split("x", -1);
    }

    /** As Grafana has it. */
    ObjectNode json(int id, int x, int y) {
        ObjectNode panel = GrafanaJson.object("id", id, "type", kind.type, "title", title(), "description", about(),
                "pluginVersion",
                GrafanaJson.VERSION, "interval", "10s");
        panel.set("gridPos", GrafanaJson.object("x", x, "y", y, "w", width(), "h", height()));
        panel.set("datasource", GrafanaJson.source());
        if (!definition.path("range").asBoolean() && (kind == Kind.STAT || kind == Kind.TABLE)) {
            // What an agent told that is gone now must not look like the present.
            panel.put("timeFrom", "1m").put("hideTimeOverride", true);
        }
        panel.set("links", links());
        ArrayNode targets = panel.putArray("targets");
        for (JsonNode ask : definition.path("ask")) {
            targets.add(target(ask, (char) ('A' + targets.size())));
        }
        panel.set("fieldConfig", GrafanaJson.object("defaults", defaults(), "overrides", List.of()));
        panel.set("options", options());
        if (definition.has("hide")) {
            ObjectNode hidden = GrafanaJson.object();
            definition.path("hide").forEach(column -> hidden.put(column.asText(), true));
            panel.set("transformations", GrafanaJson.array(GrafanaJson.object("id", "organize", "options",
                    GrafanaJson.object("excludeByName", hidden))));
        }
        return panel;
    }

    private String about() {
        return text("about") + "\n\nRunbook: docs/runbooks/" + text("page") + ".md";
    }

    private ArrayNode links() {
        ArrayNode links = GrafanaJson.array();
        if (definition.has("board")) {
            links.add(GrafanaJson.link("link", "More of it", "/d/" + GrafanaJson.uid(text("board"))
                    + "?${__url_time_range}&${cluster:queryparam}").put("targetBlank", false));
        }
        return links.add(GrafanaJson.link("link", "Runbook", "${docs}/runbooks/" + text("page") + ".md"));
    }

    private ObjectNode target(JsonNode ask, char id) {
        ObjectNode target = GrafanaJson.object("refId", String.valueOf(id), "datasource", GrafanaJson.source(), "query",
                InfluxQl.of(ask), "rawQuery", true, "resultFormat",
                kind == Kind.TABLE || ask.has("tag") ? "table" : "time_series");
        if (kind == Kind.GRAPH || kind == Kind.TIMELINE) {
            List<String> names = InfluxQl.tags(ask, "by").stream().map(tag -> "$tag_" + tag).toList();
            target.put("alias", ask.path("as").asText(String.join(" ", names)));
        }
        return target;
    }

    private ObjectNode defaults() {
        ObjectNode defaults = GrafanaJson.object();
        if (definition.has("unit")) {
            defaults.put("unit", text("unit"));
        }
        if (definition.has("none")) {
            defaults.put("noValue", text("none"));
        }
        boolean coloured = kind != Kind.GRAPH && kind != Kind.TABLE;
        defaults.set("color", GrafanaJson.object("mode", coloured ? "thresholds" : "palette-classic"));
        ArrayNode steps = GrafanaJson.array();
        for (JsonNode step : definition.path("steps")) {
            String[] words = step.asText().split(" ", -1);
            ObjectNode one = GrafanaJson.object("color", words[words.length - 1]);
            steps.add(words.length == 1 ? one.putNull("value") : one.put("value", Double.parseDouble(words[0])));
        }
        defaults.set("thresholds", GrafanaJson.object("mode", "absolute", "steps",
                steps.isEmpty() ? GrafanaJson.array(GrafanaJson.object("color", "blue").putNull("value")) : steps));
        defaults.set("mappings", mappings());
        switch (kind) {
            case GRAPH -> {
                defaults.put("min", 0);
                defaults.set("custom", lines());
            }
            case TIMELINE -> defaults.set("custom", GrafanaJson.object("fillOpacity", 80, "lineWidth", 0));
            case STAT, TABLE -> {
            }
        }
        return defaults;
    }

    private ArrayNode mappings() {
        ObjectNode values = GrafanaJson.object();
        if (definition.path("says").isObject()) {
            definition.path("says")
                    .properties()
                    .forEach(value -> values.set(value.getKey(),
                            GrafanaJson.object("text", value.getValue().path(0).asText(),
                                    "color", value.getValue().path(1).asText(), "index", values.size())));
        }
        return values.isEmpty()
                ? GrafanaJson.array()
                : GrafanaJson.array(GrafanaJson.object("type", "value", "options", values));
    }

    private ObjectNode lines() {
        boolean points = definition.path("points").asBoolean();
        return GrafanaJson.object("drawStyle", points ? "points" : "line", "lineWidth", 1, "fillOpacity",
                definition.path("stack").asBoolean() ? 30 : 5, "pointSize", points ? 10 : 4, "showPoints",
                points ? "always" : "never", "spanNulls", false, "stacking", GrafanaJson.object("group", "A", "mode",
                        definition.path("stack").asBoolean() ? "normal" : "none"));
    }

    private ObjectNode options() {
        ObjectNode legend = GrafanaJson.object("displayMode", "table", "placement", "right", "showLegend",
                kind == Kind.GRAPH,
                "calcs", kind == Kind.GRAPH ? List.of("lastNotNull", "max") : List.of());
        return switch (kind) {
            case STAT -> {
                boolean plain = !definition.has("steps") && !definition.path("says").isObject();
                String tag = definition.path("ask").path(0).path("tag").asText();
                yield GrafanaJson.object("reduceOptions",
                        GrafanaJson.object("values", false, "calcs", List.of("lastNotNull"),
                                "fields", tag.isEmpty() ? "" : "/^" + tag + "$/"),
                        "orientation", "auto", "textMode", "value", "colorMode",
                        plain ? "value" : "background", "graphMode", "none", "justifyMode", "center", "wideLayout",
                        true,
                        "showPercentChange", false, "percentChangeColorMode", "standard");
            }
            case GRAPH ->
                GrafanaJson.object("legend", legend, "tooltip", GrafanaJson.object("mode", "multi", "sort", "desc"));
            case TIMELINE ->
                GrafanaJson.object("legend", legend, "tooltip", GrafanaJson.object("mode", "single", "sort", "none"),
                        "mergeValues", true, "showValue", "never", "rowHeight", 0.9, "alignValue", "left");
            case TABLE -> GrafanaJson.object("showHeader", true, "cellHeight", "sm", "frameIndex", 0);
        };
    }
}
