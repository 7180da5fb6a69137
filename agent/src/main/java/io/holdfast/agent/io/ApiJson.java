package io.holdfast.agent.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.Explanation;
import io.holdfast.agent.StatusReport;
import io.holdfast.agent.Turn;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Problem;
import io.holdfast.config.SettingChange;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.SettingsVersion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The JSON of the local API and of every {@code --json}. Fields may be added; none is renamed or taken away. */
public final class ApiJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ApiJson() {}

    /** The shape of {@code holdfast status --json}. */
    public static ObjectNode status(StatusReport report) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", report.cluster()).put("epoch", report.epoch()).put("timeline", report.timeline());
        json.put("paused", report.paused()).put("durability", report.durability()).put("quorum", report.quorum());
        json.put("leader", report.leader()).put("answeredBy", report.answeredBy()).put("acks", report.acks());
        json.put("failsafe", report.failsafe()).put("restoring", report.restoring());
        report.syncSet().forEach(json.putArray("syncSet")::add);
        report.alerts().forEach(json.putArray("alerts")::add);
        ArrayNode members = json.putArray("members");
        for (StatusReport.Member member : report.members()) {
            ObjectNode one = members.addObject();
            one.put("name", member.name()).put("role", member.role()).put("state", member.state());
            one.put("timeline", member.timeline()).put("lsn", member.lsn()).put("lagBytes", member.lagBytes());
            one.put("lagSeconds", member.lagSeconds()).put("syncState", member.syncState());
            one.put("postgres", member.postgres()).put("agent", member.agent()).put("health", member.health());
            one.put("since", text(member.since())).put("why", member.why());
            ObjectNode tags = one.putObject("tags");
            member.tags().forEach(tags::put);
            member.pendingRestart().forEach(one.putArray("pendingRestart")::add);
            one.put("disk", member.disk()).put("diskFreePercent", member.diskFreePercent());
        }
        return json;
    }

    /** The shape of {@code holdfast member list --json}: who is a voice in the consensus, and what the status says of him. */
    public static ObjectNode members(StatusReport report, Map<MemberName, String> peers) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", report.cluster()).put("quorum", report.quorum());
        ArrayNode members = json.putArray("members");
        Set<String> told = new TreeSet<>();
        for (StatusReport.Member member : report.members()) {
            told.add(member.name());
            String peer = peers.get(new MemberName(member.name()));
            ObjectNode one = members.addObject().put("name", member.name());
            one.put("kind", member.postgres().isEmpty() ? "witness" : "database").put("role", member.role());
            one.put("state", member.state()).put("votes", peer != null).put("peer", peer);
            one.put("postgres", member.postgres()).put("agent", member.agent()).put("health", member.health());
            ObjectNode tags = one.putObject("tags");
            member.tags().forEach(tags::put);
        }
        peers.forEach((name, peer) -> {
            if (!told.contains(name.value())) {
                ObjectNode one = members.addObject()
                        .put("name", name.value())
                        .put("kind", "unknown")
                        .put("role", "down");
                one.put("state", "stopped").put("votes", true).put("peer", peer);
                one.put("postgres", "").put("agent", "").put("health", "").putObject("tags");
            }
        });
        return json;
    }

    /** Reads what {@link #status} wrote. */
    public static StatusReport status(JsonNode json) {
        List<StatusReport.Member> members = new ArrayList<>();
        for (JsonNode one : json.path("members")) {
            JsonNode timeline = one.path("timeline");
            JsonNode bytes = one.path("lagBytes");
            JsonNode seconds = one.path("lagSeconds");
            JsonNode free = one.path("diskFreePercent");
            String since = textOrNull(one, "since");
            List<String> pending = new ArrayList<>();
            one.path("pendingRestart").forEach(name -> pending.add(name.asText()));
            members.add(new StatusReport.Member(one.path("name").asText(), one.path("role").asText(),
                    one.path("state").asText(), timeline.isNumber() ? timeline.asInt() : null, textOrNull(one, "lsn"),
                    bytes.isNumber() ? bytes.asLong() : null, seconds.isNumber() ? seconds.asDouble() : null,
                    textOrNull(one, "syncState"), one.path("postgres").asText(), one.path("agent").asText(),
                    one.path("health").asText(), since == null ? null : Instant.parse(since),
                    one.path("why").asText(), tags(one.path("tags")), pending, textOrNull(one, "disk"),
                    free.isNumber() ? free.asInt() : null));
        }
        List<String> syncSet = new ArrayList<>();
        json.path("syncSet").forEach(name -> syncSet.add(name.asText()));
        List<String> alerts = new ArrayList<>();
        json.path("alerts").forEach(name -> alerts.add(name.asText()));
        JsonNode timeline = json.path("timeline");
        return new StatusReport(json.path("cluster").asText(), json.path("epoch").asLong(),
                timeline.isNumber() ? timeline.asInt() : null, json.path("paused").asBoolean(),
                json.path("durability").asText(), json.path("acks").asInt(), syncSet, json.path("quorum").asBoolean(),
                textOrNull(json, "leader"), json.path("answeredBy").asText(),
                json.path("failsafe").asBoolean(), textOrNull(json, "restoring"), alerts, members);
    }

    /** The shape of {@code holdfast history --json}. */
    public static ObjectNode history(String cluster, Iterable<HistoryEntry> entries) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", cluster);
        ArrayNode history = json.putArray("history");
        for (HistoryEntry entry : entries) {
            ObjectNode one = history.addObject();
            one.put("epoch", entry.epoch().number()).put("member", entry.holder().name().value());
            one.put("incarnation", entry.holder().incarnation().id());
            one.put("timeline", entry.timelineId());
            one.put("parentTimeline", entry.parent() == null ? null : Integer.valueOf(entry.parent().id()));
            one.put("flushed", entry.flushed().toString());
            one.put("switchedAt", entry.switchedAt() == null ? null : entry.switchedAt().toString());
            one.put("at", text(entry.at())).put("why", entry.why());
        }
        return json;
    }

    /** The shape of {@code holdfast explain --json}. */
    public static ObjectNode explanation(String cluster, Explanation explanation) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", cluster).put("member", explanation.member());
        explanation.facts().forEach(json.putArray("facts")::add);
        ArrayNode turns = json.putArray("turns");
        for (Turn turn : explanation.turns()) {
            turns.addObject()
                    .put("at", text(turn.at()))
                    .put("view", turn.view())
                    .put("action", turn.action())
                    .put("why", turn.why())
                    .put("outcome", turn.outcome());
        }
        return json;
    }

    /** The shape of {@code holdfast events --json}. */
    public static ObjectNode events(String cluster, Iterable<Event> events) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", cluster);
        ArrayNode list = json.putArray("events");
        for (Event event : events) {
            list.add(event(event));
        }
        return json;
    }

    /** One of them, and what a stream has in a line. */
    static ObjectNode event(Event event) {
        ObjectNode one = JSON.objectNode();
        one.put("number", event.number()).put("at", text(event.at()));
        if (event.clock() != null) {
            one.put("clock", event.clock().toString());
        }
        one.put("member", event.member().value()).put("type", event.type()).put("text", event.text());
        ObjectNode details = one.putObject("details");
        event.details().forEach(details::put);
        return one;
    }

    /** The shape of {@code holdfast config show --json --history}: what holds, and how it came about, oldest first. */
    static ObjectNode settings(String cluster, ClusterSettings now, List<SettingsVersion> versions) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", cluster).put("version", versions.isEmpty() ? 0 : versions.getLast().number());
        json.set("settings", tree(versions.isEmpty() ? SettingsJson.write(now) : versions.getLast().settings()));
        ArrayNode list = json.putArray("versions");
        for (SettingsVersion version : versions) {
            ObjectNode one = list.addObject();
            one.put("version", version.number()).put("at", text(version.at())).put("member", version.member().value());
            one.put("by", version.by()).put("reason", version.reason());
            one.set("changes", changes(version.changes()));
        }
        return json;
    }

    /** Changes of settings, as {@code holdfast config set --json} tells them. */
    static ArrayNode changes(List<SettingChange> changes) {
        ArrayNode list = JSON.arrayNode();
        changes.forEach(c -> list.addObject().put("key", c.key()).put("from", c.from()).put("to", c.to()));
        return list;
    }

    /** Reads what {@link #changes} wrote. */
    public static List<SettingChange> changes(JsonNode list) {
        List<SettingChange> changes = new ArrayList<>();
        list.forEach(c -> changes
                .add(new SettingChange(c.path("key").asText(), textOrNull(c, "from"), textOrNull(c, "to"))));
        return changes;
    }

    private static JsonNode tree(String json) {
        try {
            return new ObjectMapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the settings are no JSON", e);
        }
    }

    /** The shape of {@code holdfast operation list --json}. */
    public static ObjectNode operations(String cluster, Iterable<Operation> operations) {
        ObjectNode json = JSON.objectNode();
        json.put("cluster", cluster);
        ArrayNode list = json.putArray("operations");
        operations.forEach(operation -> list.add(operation(operation)));
        return json;
    }

    /** The shape of {@code holdfast operation show --json}. */
    public static ObjectNode operation(Operation operation) {
        ObjectNode json = JSON.objectNode();
        json.put("id", operation.id()).put("kind", operation.kind()).put("member", operation.member().value());
        json.put("state", operation.state().name().toLowerCase(Locale.ROOT));
        json.put("requestedBy", operation.requestedBy());
        operation.approvedBy().forEach(json.putArray("approvedBy")::add);
        json.put("why", operation.why()).put("cancellable", operation.cancellable());
        json.put("startedAt", text(operation.startedAt())).put("endedAt", text(operation.endedAt()));
        ArrayNode steps = json.putArray("steps");
        for (Operation.Step step : operation.steps()) {
            steps.addObject().put("name", step.name()).put("startedAt", text(step.startedAt()));
        }
        Operation.Progress progress = operation.progress();
        if (progress != null) {
            json.putObject("progress")
                    .put("done", progress.done())
                    .put("total", progress.total())
                    .put("unit",
                            progress.unit());
        }
        return json.put("result", operation.result());
    }

    /** An error, as the API answers it and as {@code --json} prints it. */
    public static ObjectNode problems(List<Problem> problems) {
        ObjectNode json = JSON.objectNode();
        ArrayNode errors = json.putArray("errors");
        for (Problem problem : problems) {
            errors.addObject().put("code", problem.code()).put("fact", problem.fact()).put("hint", problem.hint());
        }
        return json;
    }

    /** Reads what {@link #problems(List)} wrote; empty when it is something else. */
    public static List<Problem> problems(JsonNode json) {
        List<Problem> problems = new ArrayList<>();
        for (JsonNode one : json.path("errors")) {
            problems.add(new Problem(one.path("code").asText(), one.path("fact").asText(), one.path("hint").asText()));
        }
        return problems;
    }

    private static Map<String, String> tags(JsonNode json) {
        Map<String, String> tags = new TreeMap<>();
        json.properties().forEach(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
        return tags;
    }

    private static @Nullable String text(@Nullable Instant at) {
        return at == null ? null : at.toString();
    }

    private static @Nullable String textOrNull(JsonNode json, String field) {
        JsonNode value = json.path(field);
        return value.isTextual() ? value.asText() : null;
    }
}
