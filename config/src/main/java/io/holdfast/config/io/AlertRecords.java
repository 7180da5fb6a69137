package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.AlertSetting;
import io.holdfast.config.AlertsConfig;
import io.holdfast.config.AlertsConfig.Kind;
import io.holdfast.config.AlertsConfig.Receiver;
import io.holdfast.config.DurationText;
import io.holdfast.config.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes records of {@code alerts} of a file that has been validated, and of the settings' alert rules, and those JSON again. */
final class AlertRecords {
    private final Path directory;

    /**
     * Makes records.
     *
     * @param directory relative paths count from here
     */
    AlertRecords(Path directory) {
        this.directory = directory;
    }

    AlertsConfig config(JsonNode section) {
        Map<String, Receiver> receivers = new LinkedHashMap<>();
        section.path("webhooks")
                .properties()
                .forEach(one -> receivers.put(one.getKey(), receiver(Kind.WEBHOOK, one.getValue())));
        section.path("alertmanagers")
                .properties()
                .forEach(one -> receivers.put(one.getKey(), receiver(Kind.ALERTMANAGER, one.getValue())));
        return new AlertsConfig(section.path("runbooks").asText(""), receivers);
    }

    private Receiver receiver(Kind kind, JsonNode one) {
        return new Receiver(kind, one.path("url").asText(), secret(one.path("token")),
                secret(one.path("signing-key")),
                one.has("ca") ? directory.resolve(one.path("ca").asText()).normalize() : null);
    }

    private static @Nullable Secret secret(JsonNode node) {
        return node.isMissingNode() ? null : new Secret(node.asText());
    }

    // ---- the rules

    /** The rules of a section that has been validated. */
    static Map<String, AlertSetting> settings(JsonNode section) {
        Map<String, AlertSetting> rules = new LinkedHashMap<>();
        section.properties().forEach(rule -> {
            JsonNode one = rule.getValue();
            rules.put(rule.getKey(), new AlertSetting(one.path("enabled").asBoolean(true), text(one, "metric"),
                    number(one, "above"), number(one, "below"), number(one, "until"), duration(one, "for"),
                    duration(one, "keep"), text(one, "severity"), text(one, "summary"), text(one, "runbook")));
        });
        return rules;
    }

    private static @Nullable String text(JsonNode one, String key) {
        return one.has(key) ? one.path(key).asText() : null;
    }

    private static @Nullable Double number(JsonNode one, String key) {
        return one.has(key) ? Double.valueOf(one.path(key).asDouble()) : null;
    }

    private static @Nullable Duration duration(JsonNode one, String key) {
        return one.has(key) ? DurationText.read(one.path(key).asText()).orElseThrow() : null;
    }

    /** The same as it is written in the file, with what is said only. */
    static void write(Map<String, AlertSetting> rules, ObjectNode section) {
        rules.forEach((name, rule) -> {
            ObjectNode one = section.putObject(name).put("enabled", rule.enabled());
            put(one, "metric", rule.metric());
            put(one, "above", rule.above());
            put(one, "below", rule.below());
            put(one, "until", rule.until());
            put(one, "for", rule.pending());
            put(one, "keep", rule.keep());
            put(one, "severity", rule.severity());
            put(one, "summary", rule.summary());
            put(one, "runbook", rule.runbook());
        });
    }

    private static void put(ObjectNode one, String key, @Nullable Object value) {
        switch (value) {
            case null -> {
                // Not said.
            }
            case Double number when number == Math.rint(number) && Math.abs(number) < 1e15 ->
                one.put(key, number.longValue());
            case Double number -> one.put(key, number);
            case Duration time -> one.put(key, DurationText.write(time));
            default -> one.put(key, value.toString());
        }
    }
}
