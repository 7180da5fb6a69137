package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast whoami}. */
@Command(name = "whoami", mixinStandardHelpOptions = true, description = "Says as whom the agent knows this user, and what that one may do.", footer = {
        "", "Examples:", "  holdfast whoami"})
final class WhoamiVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() {
        JsonNode answer = holdfast.agent().get("/api/v1/whoami");
        List<String> may = new ArrayList<>();
        answer.path("permissions").forEach(one -> may.add(one.asText()));
        String role = answer.hasNonNull("role") ? ", " + answer.path("role").asText() : "";
        holdfast.console()
                .print(json
                        ? List.of(answer.toPrettyString())
                        : List.of(answer.path("name").asText() + role, "may: " + String.join(", ", may)));
        return ExitCode.DONE;
    }
}
