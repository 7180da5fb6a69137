package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes {@code docs/configuration.md} of the schema. */
final class ConfigurationPage {
    private static final String HEAD = """
            # Configuration

            One YAML file a node, `/etc/holdfast/holdfast.yaml`. This page is made of `holdfast.schema.json`; the same schema checks
            the file and completes it in editors (`# yaml-language-server: $schema=holdfast.schema.json` as the first line).
            `holdfast doctor -c FILE` reports all that is wrong at once, with place, fact and hint, and looks at the machine too.

            The smallest file is a cluster of one:

            ```yaml
            cluster: {name: orders}
            member: db1
            postgresql: {data: /var/lib/postgresql/15/main, address: 10.0.0.1:5432}
            ```

            - **Values from elsewhere.** `${env:NAME}` and `${file:PATH}` stand for an environment variable and for a file's content
              (without white space at its end), anywhere a value stands, also as a part of it. `$${` is a plain `${`.
            - **Durations** are a whole number and `ms`, `s`, `m`, `h` or `d`; **sizes** one and `B`, `KiB`, `MiB`, `GiB` or `TiB`.
            - **Addresses** are `host:port`, with an IPv6 host in brackets. **Paths** that are relative count from the file's directory.
            - **`cluster.settings`** is written to the shared store at the first start of a new cluster. From then on it is changed there;
              a file that differs is reported, never silently obeyed: `holdfast config show`, `set` and `edit`, see
              [operating.md](operating.md#changing-the-settings-of-the-cluster).
            - **`metrics`**: [metrics.md](metrics.md) tells what is measured. **`metrics.influxdb`** sends what `/metrics` shows to an
              InfluxDB too. [redis.md](redis.md) tells what `redis` does.

            """;

    private final StringBuilder page = new StringBuilder(HEAD);

    static String write() {
        ConfigurationPage page = new ConfigurationPage();
        page.section(JsonPlace.ROOT, "The file");
        return page.page.toString();
    }

    private void section(JsonPlace place, String title) {
        JsonNode schema = SchemaTree.FILE.at(place).orElseThrow();
        page.append("## ").append(title).append("\n\n");
        if (!place.isRoot()) {
            page.append(sentence(schema.path("description").asText())).append("\n\n");
        }
        page.append("| key | what | form | default | example |\n| --- | --- | --- | --- | --- |\n");
        List<JsonPlace> below = new ArrayList<>();
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            JsonPlace here = place.then(property.getKey());
            row(property.getKey(), SchemaTree.FILE.resolved(property.getValue()), required.contains(property.getKey()));
            JsonNode rule = SchemaTree.FILE.resolved(property.getValue());
            if (rule.has("properties")) {
                below.add(here);
            } else if (SchemaTree.FILE.resolved(rule.path("additionalProperties")).has("properties")) {
                below.add(here.then("NAME"));
            }
        }
        page.append('\n');
        below.forEach(here -> section(here, "`" + here + "`"));
    }

    private void row(String key, JsonNode schema, boolean required) {
        JsonNode example = schema.path("examples").path(0);
        JsonNode fallback = schema.path("default");
        page.append("| `")
                .append(key)
                .append("` | ")
                .append(cell(schema.path("description").asText()))
                .append(" | ")
                .append(cell(form(schema)))
                .append(" | ")
                .append(required ? "**required**" : fallback.isMissingNode() ? "" : code(fallback))
                .append(" | ")
                .append(example.isMissingNode() ? "" : code(example))
                .append(" |\n");
    }

    private static String form(JsonNode schema) {
        List<String> choices = new ArrayList<>();
        schema.path("enum").forEach(choice -> choices.add("`" + choice.asText() + "`"));
        if (!choices.isEmpty()) {
            return String.join(" or ", choices);
        }
        if (schema.has(RangeKeyword.NAME)) {
            return "`" + schema.get(RangeKeyword.NAME).path(0).asText() + "` to `"
                    + schema.get(RangeKeyword.NAME).path(1).asText() + "`";
        }
        return switch (schema.path("type").asText()) {
            case "integer" -> schema.path("minimum").asText() + " to " + schema.path("maximum").asText();
            case "boolean" -> "`true` or `false`";
            case "array" -> "list of: " + items(SchemaTree.FILE.resolved(schema.path("items")));
            case "object" -> schema.path("additionalProperties").isObject()
                    ? "section of: " + items(SchemaTree.FILE.resolved(schema.path("additionalProperties")))
                    : "section, below";
            default -> schema.path("x-form").asText("text");
        };
    }

    private static String items(JsonNode schema) {
        return schema.path("x-form").asText(schema.path("description").asText());
    }

    private static String code(JsonNode value) {
        String text = value.isContainerNode() ? value.toString() : value.asText();
        return text.isEmpty() ? "empty" : "`" + cell(text) + "`";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }

    private static String sentence(String text) {
        return text.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + text.substring(1) + ".";
    }
}
