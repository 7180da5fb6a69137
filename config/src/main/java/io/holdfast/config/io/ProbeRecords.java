package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.DurationText;
import io.holdfast.config.ProbesConfig;
import java.time.Duration;

/** Makes the record of the section {@code metrics.probes}, which has been validated; what is left out has its default. */
final class ProbeRecords {
    private ProbeRecords() {}

    static ProbesConfig config(JsonNode section) {
        ProbesConfig defaults = ProbesConfig.DEFAULTS;
        JsonNode canary = section.path("canary");
        return new ProbesConfig(duration(section, "replication", defaults.replication()),
                duration(section, "activity", defaults.activity()),
                duration(section, "statements", defaults.statements()), duration(section, "sizes", defaults.sizes()),
                duration(section, "archive", defaults.archive()), duration(section, "backup", defaults.backup()),
                duration(section, "redis", defaults.redis()),
                duration(section, "host", defaults.host()), section.path("top").asInt(defaults.top()),
                new ProbesConfig.Canary(canary.path("enabled").asBoolean(defaults.canary().enabled()),
                        duration(canary, "interval", defaults.canary().interval()),
                        duration(canary, "budget", defaults.canary().budget())));
    }

    private static Duration duration(JsonNode section, String key, Duration otherwise) {
        JsonNode node = section.path(key);
        return node.isMissingNode() ? otherwise : DurationText.read(node.asText()).orElseThrow();
    }
}
