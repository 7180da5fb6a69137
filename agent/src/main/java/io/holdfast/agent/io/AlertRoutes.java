package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.AgentView;
import io.holdfast.agent.AlertReport;
import io.holdfast.agent.ShippedAlerts;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.agent.io.alerts.AlertBook;
import io.holdfast.config.DurationText;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.AlertRule;
import io.holdfast.metrics.Silence;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the API answers about alerts. */
final class AlertRoutes {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Duration LONGEST = Duration.ofDays(365);

    private final AgentView agent;
    private final AlertBook book;
    private final Supplier<Instant> clock;

    /**
     * Of an agent.
     *
     * @param book where silences are written down
     */
    AlertRoutes(AgentView agent, AlertBook book, Supplier<Instant> clock) {
        this.agent = agent;
        this.book = book;
        this.clock = clock;
    }

    /** What is only read, by the contract's name. */
    Map<String, Personal> routes() {
        return Map.of("alerts", (wish, parameters, caller) -> Reply.ok(alerts()));
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("alerts/silence", this::silence, "alerts/unsilence", this::unsilence);
    }

    private JsonNode alerts() {
        AlertReport report = agent.alerts();
        ObjectNode json = JSON.objectNode().put("cluster", agent.cluster());
        ArrayNode alerts = json.putArray("alerts");
        report.items().forEach(item -> alerts.add(alert(item)));
        ArrayNode silences = json.putArray("silences");
        report.silences().forEach(one -> silences.add(silence(one)));
        ArrayNode rules = json.putArray("rules");
        inForce().forEach(one -> rules.add(rule(one)));
        return json;
    }

    private List<AlertRule> inForce() {
        return ShippedAlerts.of(agent.state().settings().alerts());
    }

    private static ObjectNode alert(AlertReport.Item item) {
        Alert alert = item.alert();
        Silence silence = item.silencedBy();
        ObjectNode json = JSON.objectNode().put("id", alert.id()).put("alert", alert.rule());
        labels(json, alert.labels());
        json.put("state", word(alert.state())).put("severity", word(alert.severity())).put("value", alert.value());
        json.put("summary", alert.text()).put("since", alert.since().toString());
        json.put("firedAt", text(alert.firedAt())).put("endedAt", text(alert.endedAt()));
        json.put("seenAt", alert.seenAt().toString()).put("lastKnown", item.lastKnown());
        json.put("silencedBy", silence == null ? null : silence.id()).put("runbook", alert.runbook());
        return json;
    }

    private static ObjectNode silence(Silence silence) {
        ObjectNode json = JSON.objectNode().put("id", silence.id()).put("alert", silence.rule());
        labels(json, silence.labels());
        json.put("until", silence.until().toString()).put("by", silence.by()).put("reason", silence.reason());
        return json.put("at", silence.at().toString());
    }

    private static ObjectNode rule(AlertRule rule) {
        AlertRule.Bound bound = rule.bound();
        ObjectNode json = JSON.objectNode().put("alert", rule.name()).put("metric", rule.metric());
        json.put("side", word(bound.side())).put("threshold", bound.threshold()).put("until", bound.clear());
        json.put("for", DurationText.write(rule.pending())).put("keep", DurationText.write(rule.keep()));
        return json.put("severity", word(rule.severity())).put("runbook", rule.runbook());
    }

    private static void labels(ObjectNode json, SortedMap<String, String> labels) {
        ObjectNode object = json.putObject("labels");
        labels.forEach(object::put);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    // ---- silences

    private Reply silence(JsonNode wish, Asker asker) {
        String rule = wish.path("alert").asText("");
        SortedMap<String, String> labels = new TreeMap<>();
        wish.path("labels").properties().forEach(one -> labels.put(one.getKey(), one.getValue().asText()));
        List<String> rules = inForce().stream().map(AlertRule::name).toList();
        if (!rule.isEmpty() && !rules.contains(rule)) {
            return Reply.problem(404, "HF-5213", "there is no alert rule '" + rule + "' that is on",
                    "'holdfast alert rules' lists them.");
        }
        if (rule.isEmpty() && labels.isEmpty() && !wish.path("all").asBoolean()) {
            return Reply.problem(400, "HF-5214", "nothing says which alerts are to be silenced",
                    "Name a rule or a label, or say that it is all of them.");
        }
        Optional<Duration> time = DurationText.read(wish.path("for").asText());
        if (time.isEmpty() || time.get().isZero() || time.get().compareTo(LONGEST) > 0) {
            return Reply.problem(400, "HF-5215", "'" + wish.path("for").asText() + "' is no time to be silent for",
                    "Write a whole number and a unit, such as 2h; 365d at most.");
        }
        Instant now = clock.get();
        Silence silence = new Silence(Operations.newId(), rule, labels, now.plus(time.get()), asker.user(),
                wish.path("reason").asText(""), now);
        return book.silence(silence) instanceof TxnResult.Applied
                ? Reply.ok(JSON.objectNode()
                        .put("done", "silence " + silence.id() + " holds until " + silence.until())
                        .put("id", silence.id()))
                : Requests.storeAway();
    }

    private Reply unsilence(JsonNode wish, Asker asker) {
        String id = wish.path("id").asText();
        if (agent.alerts().silences().stream().noneMatch(one -> one.id().equals(id))) {
            return Reply.problem(404, "HF-5216", "there is no silence '" + id + "'",
                    "'holdfast alert list' shows those that hold.");
        }
        return book.unsilence(id) instanceof TxnResult.Applied
                ? Reply.ok(JSON.objectNode().put("done", "silence " + id + " is over"))
                : Requests.storeAway();
    }
}
