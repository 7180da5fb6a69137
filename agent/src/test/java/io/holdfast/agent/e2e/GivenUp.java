package io.holdfast.agent.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.testkit.Discarded;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.StatusJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the events tell of WAL that members gave up since an instant. */
final class GivenUp {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Lab lab;
    private final long begin;

    private GivenUp(Lab lab, long begin) {
        this.lab = lab;
        this.begin = begin;
    }

    /** From now on. */
    static GivenUp from(Lab lab) {
        return new GivenUp(lab, numbered(events(lab), 0).stream()
                .mapToLong(e -> e.path("number").asLong())
                .max()
                .orElse(0));
    }

    /** All of it, once each. */
    List<Discarded> told() {
        Set<Discarded> told = new HashSet<>();
        for (JsonNode event : numbered(events(lab), begin)) {
            JsonNode details = event.path("details");
            if (event.path("type").asText().equals("discarded") && details.has("from")) {
                told.add(new Discarded(details.path("timeline").asInt(), lsn(details.path("from").asText()),
                        lsn(details.path("to").asText())));
            }
        }
        return List.copyOf(told);
    }

    /** Waits until the events account for what clients miss; what does not fit in the end. */
    List<String> contradictions(List<Report> reports) {
        List<String> wrong = new ArrayList<>();
        try {
            Eventually.within(PATIENCE, "the events account for what is missing", () -> {
                List<Discarded> told = told();
                wrong.clear();
                reports.forEach(report -> wrong.addAll(Discarded.contradictions(report, told)));
                return wrong.isEmpty();
            });
        } catch (AssertionError e) {
            wrong.add("told was " + told());
        }
        return List.copyOf(wrong);
    }

    private static List<JsonNode> numbered(JsonNode events, long after) {
        List<JsonNode> found = new ArrayList<>();
        events.path("events").forEach(event -> {
            if (event.path("number").asLong() > after) {
                found.add(event);
            }
        });
        return found;
    }

    private static JsonNode events(Lab lab) {
        return Eventually.get(PATIENCE, "an agent tells its events", () -> {
            LabMember member = lab.primary();
            Commands.Result result = member.cli("events", "--json", "--last", "200");
            return result.exit() == 0 ? Optional.of(StatusJson.tree(result.out())) : Optional.empty();
        });
    }

    private static long lsn(String text) {
        int slash = text.indexOf('/');
        return (Long.parseLong(text.substring(0, slash), 16) << 32) + Long.parseLong(text.substring(slash + 1), 16);
    }
}
