package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.ShippedAlerts;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Problem;
import io.holdfast.config.SettingChange;
import io.holdfast.config.io.SettingsEdit;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.replication.io.News;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.SettingsVersions;
import io.holdfast.statesync.io.SettingsVersions.Current;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Changes the cluster's settings for an operator: checks all of it, then writes it as a new version, or nothing. */
final class SettingsCommands {
    private static final Duration STORE = Duration.ofSeconds(5);
    /** Somebody else's change in between is no reason to give up, while what is asked for is said place by place. */
    private static final int TRIES = 3;

    private final MemberName self;
    private final SettingsVersions versions;
    private final Function<Map<String, String>, List<ConfigProblem>> refusals;
    private final News news;
    private final Supplier<Instant> clock;

    /**
     * Of an agent.
     *
     * @param refusals what PostgreSQL says against values of its parameters
     * @param news hears of each change
     */
    SettingsCommands(MemberName self, SettingsVersions versions,
            Function<Map<String, String>, List<ConfigProblem>> refusals, News news, Supplier<Instant> clock) {
        this.self = self;
        this.versions = versions;
        this.refusals = refusals;
        this.news = news;
        this.clock = clock;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("settings", this::change);
    }

    /**
     * Changes settings.
     *
     * @param wish {@code set}: texts by place, {@code unset}: places; or {@code yaml}: all settings, and {@code compared}: the
     *     number of the version that the person saw; {@code dryRun}, {@code reason}
     */
    Reply change(JsonNode wish, Asker asker) {
        for (int left = TRIES; left > 0; left--) {
            Current before = versions.current(STORE)
                    .filter(current -> !current.settings().isEmpty())
                    .orElseThrow(
                            () -> new Problem("HF-5040", "the settings cannot be read: there is no majority of agents",
                                    "'holdfast status' shows which agents are away.").toException());
            if (wish.has("compared") && wish.path("compared").asLong() != before.number()) {
                throw overtaken("the settings are of version " + before.number() + " by now, not "
                        + wish.path("compared").asLong() + winner(before.number()));
            }
            String after = wish.has("yaml")
                    ? SettingsEdit.replace(wish.path("yaml").asText())
                    : SettingsEdit.assign(before.settings(), texts(wish.path("set")), names(wish.path("unset")));
            List<SettingChange> changes = SettingsEdit.changes(before.settings(), after);
            check(changes, SettingsJson.read(after));
            if (changes.isEmpty() || wish.path("dryRun").asBoolean()) {
                return Reply.ok(answer(before.number(), changes, false));
            }
            SettingsVersion next = new SettingsVersion(before.number() + 1, clock.get(), self, asker.user(),
                    wish.path("reason").asText(""), changes, after);
            TxnResult result = versions.commit(before, next, STORE);
            if (result instanceof TxnResult.Applied) {
                tell(next);
                return Reply.ok(answer(next.number(), changes, true));
            }
            if (result instanceof TxnResult.Unknown unknown) {
                throw new Problem("HF-5042", "whether the settings were changed is not known: " + unknown.why(),
                        "'holdfast config show --history' says it.").toException();
            }
        }
        throw overtaken("others changed the settings at the same time, " + TRIES + " times"
                + versions.current(STORE).map(now -> winner(now.number())).orElse(""));
    }

    /** PostgreSQL is asked about what changes only: what is there was taken once, and must not stand in the way. */
    private void check(List<SettingChange> changes, ClusterSettings after) {
        String prefix = "parameters.";
        Map<String, String> changed = new LinkedHashMap<>();
        changes.stream()
                .filter(change -> change.key().startsWith(prefix) && change.to() != null)
                .map(change -> change.key().substring(prefix.length()))
                .forEach(name -> changed.put(name, after.parameters().getOrDefault(name, "")));
        List<ConfigProblem> problems = new ArrayList<>(changed.isEmpty() ? List.of() : refusals.apply(changed));
        if (changes.stream().anyMatch(change -> change.key().startsWith("alerts."))) {
            problems.addAll(ShippedAlerts.problems(after.alerts()));
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    private void tell(SettingsVersion version) {
        news.tell(EventType.SETTINGS_CHANGED, version.by() + " on " + self + " changed the settings to version "
                + version.number() + ": "
                + version.changes().stream().map(SettingChange::toString).collect(Collectors.joining("; "))
                + (version.reason().isEmpty() ? "" : " (" + version.reason() + ")"),
                Map.of("version", Long.toString(version.number()), "by", version.by()));
    }

    private static ObjectNode answer(long version, List<SettingChange> changes, boolean applied) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("version", version).put("applied", applied).set("changes", ApiJson.changes(changes));
        return json;
    }

    /** Who came first, and with what; nothing where this member has not heard of it yet. */
    private String winner(long version) {
        return versions.all()
                .stream()
                .filter(one -> one.number() == version)
                .findFirst()
                .map(one -> ": " + one.by() + " on " + one.member() + " changed them at " + one.at() + ", "
                        + one.changes().stream().map(SettingChange::toString).collect(Collectors.joining("; ")))
                .orElse("");
    }

    private static RuntimeException overtaken(String fact) {
        return new Problem("HF-5041", fact, "Look at what is there now, and change that.").toException();
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    private static List<String> names(JsonNode array) {
        List<String> names = new ArrayList<>();
        array.forEach(name -> names.add(name.asText()));
        return names;
    }
}
