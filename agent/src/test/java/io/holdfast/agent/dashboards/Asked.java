package io.holdfast.agent.dashboards;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.testkit.io.MetricsServer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A question of a dashboard, and what a server answers to it.
 *
 * @param name the dashboard, the panel and the question's letter
 * @param text with Grafana's variables
 * @param isOfNow whether it is about the last minute, whatever time is shown
 */
record Asked(String name, String text, boolean isOfNow) {
    private static final Duration NOW = Duration.ofMinutes(1);

    /** All of them, with those of the marks and of the variables. */
    static List<Asked> all() throws IOException {
        List<Asked> all = new ArrayList<>();
        for (ObjectNode dashboard : GrafanaJson.all().values()) {
            String title = dashboard.path("title").asText();
            for (JsonNode panel : dashboard.path("panels")) {
                for (JsonNode target : panel.path("targets")) {
                    all.add(new Asked(
                            title + " / " + panel.path("title").asText() + " / " + target.path("refId").asText(),
                            target.path("query").asText(), panel.path("timeFrom").asText().equals("1m")));
                }
            }
        }
        all.add(new Asked("marks", GrafanaJson.MARKS, false));
        GrafanaJson.CHOICES.forEach(choice -> all.add(new Asked("variable", choice, false)));
        return all;
    }

    /** What is answered, of the time since {@code from}: its array {@code series}; an error fails. */
    JsonNode answer(MetricsServer server, Instant from, String interval) {
        Instant now = Instant.now();
        JsonNode result = server.query(InfluxQl.asked(text, isOfNow ? now.minus(NOW) : from, now, interval)).path(0);
        if (result.has("error")) {
            throw new AssertionError(name + ": " + result.path("error").asText() + " to " + text);
        }
        return result.path("series");
    }

    /** Whether an answer has a value but for its time, which comes first where there is one. */
    static boolean isEmpty(JsonNode series) {
        for (JsonNode one : series) {
            for (JsonNode row : one.path("values")) {
                for (int column = 1; column < row.size(); column++) {
                    if (!row.path(column).isNull()) {
                        return false;
                    }
                }
            }
        }
        return true;
    }
}
