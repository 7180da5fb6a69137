package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.Paint;
import io.holdfast.agent.io.ApiJson;
import io.holdfast.config.SettingChange;
import io.holdfast.config.io.SettingsEdit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast config}. */
@Command(name = "config", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "show|set|edit", description = {
        "Shows and changes the settings of the whole cluster.", "",
        "They live in the agents' shared state; 'cluster.settings' of the file counts at the first start only. A change is checked "
                + "as a whole, then it is a new version, with who made it and when. PostgreSQL's parameters are taken over by "
                + "every member at once; those that need a restart are shown by 'holdfast status' until there was one."}, footer = {
                        "", "Examples:", "  holdfast config show --history", "  holdfast config set lease=10s acks=2",
                        "  holdfast config set parameters.work_mem=64MB --reason 'sorts spill to disk'",
                        "  holdfast config set parameters.work_mem= --dry-run", "  EDITOR=nano holdfast config edit"})
final class ConfigVerb implements Runnable {
    private static final String PATH = "/api/v1/settings";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say show, set or edit");
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows the settings, as YAML, or how they came about.")
    int show(@Option(names = "--json", description = "Prints JSON.") boolean json,
            @Option(names = "--history", description = "Lists the versions, oldest first: who changed what, when and why.") boolean history) {
        ObjectNode answer = (ObjectNode) holdfast.agent().get(PATH);
        if (json) {
            if (!history) {
                answer.remove("versions");
            }
            holdfast.console().print(List.of(answer.toPrettyString()));
        } else if (history) {
            holdfast.console().print(versions(answer));
        } else {
            holdfast.console().print(SettingsEdit.yaml(answer.path("settings").toString()).lines().toList());
        }
        return ExitCode.DONE;
    }

    @Command(name = "set", mixinStandardHelpOptions = true, description = "Changes settings.")
    int set(@Parameters(paramLabel = "KEY=VALUE", arity = "0..*", description = "A setting, such as lease=10s or parameters.work_mem=64MB; without a value it gets its default back.") @Nullable List<String> assignments,
            @Option(names = "--unset", paramLabel = "KEY", description = "A setting that gets its default back; more than once for more.") @Nullable List<String> unset,
            @Option(names = "--dry-run", description = "Checks and shows the change, and makes none.") boolean dryRun,
            @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Why, for the history.") String reason,
            @Option(names = "--json", description = "Prints JSON.") boolean json) {
        ObjectNode wish = JSON.objectNode();
        ObjectNode values = wish.putObject("set");
        ArrayNode gone = wish.putArray("unset");
        for (String assignment : assignments == null ? List.<String>of() : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                throw new ParameterException(spec.commandLine(), "'" + assignment + "' is not of the form KEY=VALUE");
            }
            if (equals == assignment.length() - 1) {
                gone.add(assignment.substring(0, equals));
            } else {
                values.put(assignment.substring(0, equals), assignment.substring(equals + 1));
            }
        }
        if (unset != null) {
            unset.forEach(gone::add);
        }
        if (values.isEmpty() && gone.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "say what to set: KEY=VALUE, or --unset KEY");
        }
        wish.put("dryRun", dryRun).put("reason", reason);
        return tell(holdfast.agent().post(PATH, wish), json);
    }

    @Command(name = "edit", mixinStandardHelpOptions = true, description = {"Changes the settings in an editor.", "",
            "Opens them as YAML in $VISUAL or $EDITOR, shows what would change, and asks. What is wrong is shown, and the editor "
                    + "opened again."})
    int edit(
            @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Why, for the history.") String reason) {
        JsonNode before = holdfast.agent().get(PATH);
        Editor editor = new Editor(holdfast.console());
        String original = SettingsEdit.yaml(before.path("settings").toString());
        String text = editor.edit(original);
        while (!text.equals(original)) {
            ObjectNode wish = JSON.objectNode();
            wish.put("yaml", text).put("compared", before.path("version").asLong()).put("reason", reason);
            try {
                JsonNode would = holdfast.agent().post(PATH, wish.put("dryRun", true));
                List<SettingChange> changes = ApiJson.changes(would.path("changes"));
                if (changes.isEmpty()) {
                    break;
                }
                holdfast.console().print(lines(changes));
                return editor.yes("Change this?")
                        ? tell(holdfast.agent().post(PATH, wish.put("dryRun", false)), false)
                        : ExitCode.FAILED;
            } catch (Failure wrong) {
                if (wrong.exitCode() != ExitCode.USAGE) {
                    throw wrong;
                }
                holdfast.console().print(wrong.problems().stream().map(p -> p.message()).toList());
                if (!editor.yes("Edit it again?")) {
                    return ExitCode.FAILED;
                }
                text = editor.edit(text);
            }
        }
        holdfast.console().print(List.of("Nothing was changed."));
        return ExitCode.DONE;
    }

    private int tell(JsonNode answer, boolean json) {
        if (json) {
            holdfast.console().print(List.of(answer.toPrettyString()));
            return ExitCode.DONE;
        }
        List<SettingChange> changes = ApiJson.changes(answer.path("changes"));
        List<String> said = new ArrayList<>(lines(changes));
        said.add(changes.isEmpty()
                ? "Nothing changes."
                : answer.path("applied").asBoolean()
                        ? "Version " + answer.path("version").asText() + "."
                        : "Not changed: this was a dry run.");
        holdfast.console().print(said);
        return ExitCode.DONE;
    }

    /** As a diff. */
    private List<String> lines(List<SettingChange> changes) {
        Paint paint = holdfast.console().paint();
        List<String> lines = new ArrayList<>();
        for (SettingChange change : changes) {
            if (change.from() != null) {
                lines.add(paint.bad("- " + change.key() + ": " + change.from()));
            }
            if (change.to() != null) {
                lines.add(paint.good("+ " + change.key() + ": " + change.to()));
            }
        }
        return lines;
    }

    private static List<String> versions(JsonNode answer) {
        String form = "%-8s %-21s %-10s %-12s %s";
        List<String> lines = new ArrayList<>();
        lines.add(form.formatted("VERSION", "AT", "MEMBER", "BY", "WHAT"));
        for (JsonNode one : answer.path("versions")) {
            String reason = one.path("reason").asText();
            String changes = ApiJson.changes(one.path("changes"))
                    .stream()
                    .map(SettingChange::toString)
                    .collect(Collectors.joining("; "));
            lines.add(form.formatted(one.path("version").asText(), Words.second(one.path("at")),
                    one.path("member").asText(), one.path("by").asText(),
                    changes + (reason.isEmpty() ? "" : changes.isEmpty() ? reason : " (" + reason + ")")));
        }
        return lines;
    }
}
