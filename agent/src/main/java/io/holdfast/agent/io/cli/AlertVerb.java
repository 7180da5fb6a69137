package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.AlertTable;
import io.holdfast.agent.Paint;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast alert}. */
@Command(name = "alert", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|rules|silence|unsilence", description = {
        "Shows what fires, and keeps alerts from being told for a while.", "",
        "Rules stand in the settings ('holdfast config set alerts.NAME.…'), receivers in each node's configuration."}, footer = {
                "", "Examples:", "  holdfast alert list", "  holdfast alert rules",
                "  holdfast alert silence replication-lag --label member=db3 --for 2h --reason \"a new disk\"",
                "  holdfast alert unsilence 0c1f55aa", "  holdfast config set alerts.replication-lag.above=120",
                "  holdfast config set alerts.redis-warning.enabled=false"})
final class AlertVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say list, rules, silence or unsilence");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = {
            "Lists the alerts that fire or are pending, the worst first, and the silences.", "",
            "'?' behind a state: the agent that found it does not answer, and nobody knows whether it is still so."})
    int list(
            @Option(names = "--all", description = "Those too that ended in the last hour.") boolean all,
            @Option(names = "--json", description = "Prints JSON, always with all of them.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/alerts");
        Console console = holdfast.console();
        console.print(json
                ? List.of(answer.toPrettyString())
                : lines(answer, all, Instant.now(), console.width(), console.paint()));
        return ExitCode.DONE;
    }

    static List<String> lines(JsonNode answer, boolean all, Instant now, int width, Paint paint) {
        List<AlertTable.Row> rows = new ArrayList<>();
        for (JsonNode alert : answer.path("alerts")) {
            String state = alert.path("state").asText();
            if (all || !state.equals("resolved")) {
                boolean silenced = alert.path("silencedBy").isTextual() && !state.equals("resolved");
                JsonNode fired = alert.path("firedAt");
                Instant since = Instant.parse((fired.isTextual() ? fired : alert.path("since")).asText());
                rows.add(new AlertTable.Row(alert.path("severity").asText(),
                        (silenced ? "silenced" : state) + (alert.path("lastKnown").asBoolean() ? "?" : ""), name(alert),
                        Duration.between(since, now), alert.path("runbook").asText(), alert.path("summary").asText()));
            }
        }
        List<String> lines = new ArrayList<>(rows.isEmpty()
                ? List.of("Nothing fires in " + answer.path("cluster").asText() + ".")
                : AlertTable.alerts(rows, width, paint));
        answer.path("silences").forEach(silence -> lines.add(paint.soon(silence(silence))));
        return lines;
    }

    private static String silence(JsonNode silence) {
        String name = name(silence);
        String reason = silence.path("reason").asText();
        return "Silence " + silence.path("id").asText() + ": " + (name.isEmpty() ? "all alerts" : name) + " until "
                + Words.second(silence.path("until")) + ", by " + silence.path("by").asText()
                + (reason.isEmpty() ? "" : ": " + reason);
    }

    private static String name(JsonNode alert) {
        String labels = alert.path("labels")
                .properties()
                .stream()
                .map(label -> label.getKey() + "=" + label.getValue().asText())
                .collect(Collectors.joining(" "));
        return (alert.path("alert").asText() + " " + labels).strip();
    }

    @Command(name = "rules", mixinStandardHelpOptions = true, description = "Lists the rules that are on, as the settings have made them.")
    int rules(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/alerts");
        List<AlertTable.RuleRow> rows = new ArrayList<>();
        for (JsonNode rule : answer.path("rules")) {
            String fires = rule.path("metric").asText() + (rule.path("side").asText().equals("above") ? " > " : " < ")
                    + number(rule.path("threshold"));
            rows.add(new AlertTable.RuleRow(rule.path("alert").asText(), rule.path("severity").asText(), fires,
                    number(rule.path("until")), rule.path("for").asText(), rule.path("keep").asText(),
                    rule.path("runbook").asText()));
        }
        Console console = holdfast.console();
        console.print(json
                ? List.of(answer.path("rules").toPrettyString())
                : AlertTable.rules(rows, console.width(), console.paint()));
        return ExitCode.DONE;
    }

    private static String number(JsonNode value) {
        double number = value.asDouble();
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    @Command(name = "silence", mixinStandardHelpOptions = true, description = {
            "Keeps alerts from being told for a while, on all agents.", "",
            "They are still found, listed and told as events. What fires when the time is over is told then; that one which was "
                    + "told before is over is told in any case."})
    int silence(
            @Parameters(paramLabel = "RULE", arity = "0..1", description = "The alerts of this rule. Default: of all that have the labels.") @Nullable String rule,
            @Option(names = "--label", paramLabel = "NAME=VALUE", description = "Only those with this label; may be given several times.") @Nullable Map<String, String> labels,
            @Option(names = "--all", description = "All alerts of the cluster.") boolean all,
            @Option(names = "--for", paramLabel = "TIME", required = true, description = "For how long, such as 30m or 2h.") String time,
            @Option(names = "--reason", paramLabel = "TEXT", description = "Why; others see it.") @Nullable String reason) {
        ObjectNode wish = JsonNodeFactory.instance.objectNode().put("for", time).put("all", all);
        if (rule != null) {
            wish.put("alert", rule);
        }
        if (reason != null) {
            wish.put("reason", reason);
        }
        ObjectNode object = wish.putObject("labels");
        new TreeMap<>(labels == null ? Map.of() : labels).forEach(object::put);
        JsonNode answer = holdfast.agent().post("/api/v1/alerts/silence", wish);
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }

    @Command(name = "unsilence", mixinStandardHelpOptions = true, description = "Ends a silence before its time.")
    int unsilence(@Parameters(paramLabel = "ID", description = "The silence, from the list.") String id) {
        JsonNode answer = holdfast.agent()
                .post("/api/v1/alerts/unsilence", JsonNodeFactory.instance.objectNode().put("id", id));
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }
}
