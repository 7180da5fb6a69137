package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast operation}. */
@Command(name = "operation", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|show|watch|approve|cancel", description = {
        "Shows long work: backup, restore, trial restore, switchover, clone, rewind.", "",
        "Each operation says who asked for it and why, what it is doing, how much is done, and how it ended."}, footer = {
                "", "Examples:", "  holdfast operation list", "  holdfast operation watch 4f0c11d2"})
final class OperationVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say list, show, watch, approve or cancel");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the operations, oldest first.")
    int list(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/operations");
        List<String> lines = new ArrayList<>();
        if (json) {
            lines.add(answer.toPrettyString());
        } else {
            String form = "%-9s %-8s %-12s %-12s %-21s %s";
            lines.add(form.formatted("ID", "KIND", "MEMBER", "STATE", "STARTED", "NOW"));
            for (JsonNode one : answer.path("operations")) {
                lines.add(
                        form.formatted(one.path("id").asText(), one.path("kind").asText(), one.path("member").asText(),
                                one.path("state").asText(), Words.second(one.path("startedAt")), now(one)));
            }
        }
        holdfast.console().print(lines);
        return ExitCode.DONE;
    }

    @Command(name = "approve", mixinStandardHelpOptions = true, description = "Approves what another administrator asked for, with a code of one's own; that one asks for the same again then.")
    int approve(@Parameters(paramLabel = "ID", description = "Its id, from the list.") String id) {
        return post("approve", id);
    }

    @Command(name = "cancel", mixinStandardHelpOptions = true, description = "Takes back what waits for approval, and gives up a backup, a trial restore or a look through the repository that runs.")
    int cancel(@Parameters(paramLabel = "ID", description = "Its id, from the list.") String id) {
        return post("cancel", id);
    }

    private int post(String what, String id) {
        JsonNode answer = holdfast.agent()
                .post("/api/v1/operations/" + what, JsonNodeFactory.instance.objectNode().put("id", id));
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows one operation, step by step.")
    int show(@Parameters(paramLabel = "ID", description = "Its id, from the list.") String id,
            @Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode one = get(id);
        holdfast.console().print(json ? List.of(one.toPrettyString()) : OperationWatch.story(one));
        return ExitCode.DONE;
    }

    @Command(name = "watch", mixinStandardHelpOptions = true, description = "Follows one operation to its end; the exit code is 1 when it did not succeed.")
    int watch(@Parameters(paramLabel = "ID", description = "Its id, from the list.") String id,
            @Option(names = "--json", description = "Prints one JSON line for each change.") boolean json)
            throws InterruptedException {
        return OperationWatch.follow(holdfast, id, json);
    }

    private JsonNode get(String id) {
        return OperationWatch.get(holdfast, id);
    }

    /** What it is doing, or what came of it. */
    private static String now(JsonNode one) {
        if (one.hasNonNull("result")) {
            return one.path("result").asText();
        }
        JsonNode steps = one.path("steps");
        String step = steps.isEmpty() ? "" : steps.get(steps.size() - 1).path("name").asText();
        return one.hasNonNull("progress") ? step + " " + OperationWatch.progress(one.path("progress")) : step;
    }
}
