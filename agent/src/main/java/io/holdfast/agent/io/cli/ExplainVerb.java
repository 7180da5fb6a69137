package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast explain}. */
@Command(name = "explain", mixinStandardHelpOptions = true, description = {"Says why a member is what it is.", "",
        "First what the cluster knows of it, then what its agent decided last, each with its reason and how it ended. Only a "
                + "member's own agent knows its decisions: ask there for all of it."}, footer = {"", "Examples:",
                        "  holdfast explain", "  holdfast explain db2", "  holdfast explain --json | jq '.turns[-1]'"})
final class ExplainVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Parameters(arity = "0..1", paramLabel = "MEMBER", description = "The member; the one of this agent when left out.")
    @Nullable
    String member;

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() {
        String query = member == null ? "" : "?member=" + URLEncoder.encode(member, StandardCharsets.UTF_8);
        JsonNode answer = holdfast.agent().get("/api/v1/explain" + query);
        holdfast.console().print(json ? List.of(answer.toPrettyString()) : story(answer));
        return ExitCode.DONE;
    }

    private static List<String> story(JsonNode answer) {
        List<String> lines = new ArrayList<>();
        lines.add(answer.path("member").asText() + " in cluster " + answer.path("cluster").asText());
        answer.path("facts").forEach(fact -> lines.add("  " + fact.asText()));
        JsonNode turns = answer.path("turns");
        if (!turns.isEmpty()) {
            lines.add("");
            lines.add("What its agent did last:");
        }
        for (JsonNode turn : turns) {
            lines.add("  " + Words.milli(turn.path("at")) + "  " + turn.path("action").asText() + ": "
                    + turn.path("why").asText());
            lines.add("    saw      " + turn.path("view").asText());
            lines.add("    outcome  " + turn.path("outcome").asText());
        }
        return lines;
    }
}
