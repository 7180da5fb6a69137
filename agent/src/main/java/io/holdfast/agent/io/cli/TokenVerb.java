package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast token}. */
@Command(name = "token", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|add|remove", description = {
        "Service tokens, for machines: what each may do is listed, and it ends.", "",
        "Nothing dangerous can be in the list: a machine has no second factor. A program gives its token in HOLDFAST_TOKEN."}, footer = {
                "", "Examples:", "  holdfast token add nightly --may look,backup-create,backup-list --days 90",
                "  holdfast token list"})
final class TokenVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say list, add or remove");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the tokens; what they are is shown nowhere.")
    int list(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/tokens");
        List<String> lines = new ArrayList<>();
        String form = "%-20s %-21s %-20s %s";
        lines.add(form.formatted("NAME", "ENDS", "MADE BY", "MAY"));
        for (JsonNode one : answer.path("tokens")) {
            List<String> may = new ArrayList<>();
            one.path("permissions").forEach(word -> may.add(word.asText()));
            lines.add(form.formatted(one.path("name").asText(), Words.second(one.path("expiresAt")),
                    one.path("createdBy").asText(), String.join(", ", may)));
        }
        holdfast.console().print(json ? List.of(answer.toPrettyString()) : lines);
        return ExitCode.DONE;
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = "Makes a token, and shows it this once.")
    int add(@Parameters(paramLabel = "NAME", description = "What it is for.") String name,
            @Option(names = "--may", paramLabel = "PERMISSION", split = ",", required = true, description = "What it may do; 'holdfast whoami' lists the words.") List<String> may,
            @Option(names = "--days", paramLabel = "N", defaultValue = "90", description = "After how many days it ends, 1 to 366. Default: ${DEFAULT-VALUE}.") int days) {
        ObjectNode wish = JsonNodeFactory.instance.objectNode().put("name", name).put("days", days);
        may.forEach(wish.putArray("permissions")::add);
        JsonNode answer = holdfast.agent().post("/api/v1/tokens/add", wish);
        holdfast.console().print(List.of(answer.path("token").asText()));
        return ExitCode.DONE;
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a token, which opens nothing from then on.")
    int remove(@Parameters(paramLabel = "NAME", description = "Its name.") String name) {
        JsonNode answer = holdfast.agent()
                .post("/api/v1/tokens/remove", JsonNodeFactory.instance.objectNode().put("name", name));
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }
}
