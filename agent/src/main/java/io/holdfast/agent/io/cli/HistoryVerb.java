package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast history}. */
@Command(name = "history", mixinStandardHelpOptions = true, description = {
        "Lists who has led the cluster, when and why.", "",
        "Each line is one epoch: the member that took over, the timeline that its promotion made, where that left the timeline "
                + "before, and the reason."}, footer = {"", "Examples:", "  holdfast history",
                        "  holdfast history --json | jq '.history[-1].why'"})
final class HistoryVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() {
        JsonNode answer = holdfast.agent().get("/api/v1/history");
        if (json) {
            holdfast.console().print(List.of(answer.toPrettyString()));
            return ExitCode.DONE;
        }
        List<String> lines = new ArrayList<>();
        lines.add("%-6s %-24s %-12s %-4s %-13s %s".formatted("EPOCH", "AT", "MEMBER", "TL", "SWITCHED AT", "WHY"));
        for (JsonNode one : answer.path("history")) {
            lines.add(
                    "%-6s %-24s %-12s %-4s %-13s %s".formatted(one.path("epoch").asText(), Words.second(one.path("at")),
                            one.path("member").asText(), Words.orDash(one.path("timeline")),
                            Words.orDash(one.path("switchedAt")),
                            one.path("why").asText()));
        }
        holdfast.console().print(lines);
        return ExitCode.DONE;
    }
}
