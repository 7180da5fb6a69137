package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.Paint;
import io.holdfast.agent.RedisTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code holdfast redis status} prints. */
public final class RedisLines {
    private RedisLines() {}

    /** The tables and findings of all masters. */
    public static List<String> of(JsonNode status, int width, Paint paint) {
        List<String> lines = new ArrayList<>();
        if (!status.path("watched").asBoolean()) {
            return List.of("This agent watches no Redis: its configuration has no section 'redis'.");
        }
        for (JsonNode master : status.path("masters")) {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            lines.add(paint.strong(master.path("name").asText()) + ": master "
                    + master.path("primary").asText("not agreed upon") + ", seen by "
                    + String.join(", ", texts(master.path("agents"))) + ", mode " + status.path("mode").asText());
            lines.addAll(RedisTable.instances(instances(master), width, paint));
            lines.add("");
            lines.addAll(RedisTable.sentinels(sentinels(master), width, paint));
            lines.addAll(findings(master, paint));
        }
        return lines.isEmpty() ? List.of("This agent has not looked at Redis yet.") : lines;
    }

    private static List<RedisTable.Row> instances(JsonNode master) {
        List<RedisTable.Row> rows = new ArrayList<>();
        for (JsonNode one : master.path("instances")) {
            String state = one.path("problem").asText();
            if (state.isEmpty()) {
                state = !one.path("refuses").asText().isEmpty()
                        ? "refuses writes: " + one.path("refuses").asText()
                        : one.path("loading").asBoolean()
                                ? "loading"
                                : one.path("linkUp").asBoolean() ? "ok" : "does not hear its master";
            }
            rows.add(new RedisTable.Row(one.path("address").asText(), one.path("role").asText(), state,
                    number(one, "lagBytes"), number(one, "priority"), one.path("version").asText(),
                    number(one, "clients"), number(one, "usedBytes"), number(one, "latencyMicros")));
        }
        return rows;
    }

    private static List<RedisTable.SentinelRow> sentinels(JsonNode master) {
        List<RedisTable.SentinelRow> rows = new ArrayList<>();
        for (JsonNode one : master.path("sentinels")) {
            rows.add(new RedisTable.SentinelRow(one.path("address").asText(), one.path("state").asText(),
                    one.path("master").asText(), one.has("quorum")
                            ? one.path("quorum").asText() + " of " + one.path("sentinels").asText()
                            : "",
                    one.path("problem").asText()));
        }
        return rows;
    }

    private static List<String> findings(JsonNode master, Paint paint) {
        List<String> lines = new ArrayList<>();
        for (JsonNode one : master.path("findings")) {
            String severity = one.path("severity").asText();
            lines.add("");
            lines.add((severity.equals("critical") ? paint.bad(severity) : paint.strong(severity)) + " "
                    + one.path("kind").asText() + ": " + one.path("text").asText() + " (seen by "
                    + String.join(", ", texts(one.path("by"))) + ")");
            lines.add("  " + one.path("hint").asText());
        }
        JsonNode advice = master.path("advice");
        if (advice.isObject()) {
            lines.add("");
            lines.add(
                    (advice.path("now").asBoolean() ? "Is being done: " : "Advised: ") + advice.path("command").asText()
                            + " at " + advice.path("at").asText() + ", because " + advice.path("why").asText());
        }
        return lines;
    }

    private static @Nullable Long number(JsonNode one, String field) {
        return one.hasNonNull(field) ? Long.valueOf(one.path(field).asLong()) : null;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(one -> texts.add(one.asText()));
        return texts;
    }
}
