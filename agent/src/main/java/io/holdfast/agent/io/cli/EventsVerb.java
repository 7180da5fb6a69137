package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast events}. */
@Command(name = "events", mixinStandardHelpOptions = true, description = {"Lists what has happened in the cluster.", "",
        "Events are numbered over the whole cluster without gaps. The agent answers with the newest that the cluster "
                + "remembers."}, footer = {"", "Examples:", "  holdfast events --last 20", "  holdfast events --follow",
                        "  holdfast events --follow --json | jq -r 'select(.type == \"takeover\").text'"})
final class EventsVerb implements Callable<Integer> {
    private static final Duration BETWEEN = Duration.ofMillis(500);

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = {"-f", "--follow"}, description = "Goes on with new ones, until Ctrl-C.")
    boolean follow;

    @Option(names = {"-n",
            "--last"}, paramLabel = "COUNT", defaultValue = "50", description = "How many old ones at most, 1 to 1000. Default: ${DEFAULT-VALUE}.")
    int last;

    @Option(names = "--json", description = "Prints JSON; with --follow one line an event.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        AgentClient agent = holdfast.agent();
        JsonNode answer = agent.get("/api/v1/events?limit=" + last);
        if (json && !follow) {
            holdfast.console().print(List.of(answer.toPrettyString()));
            return ExitCode.DONE;
        }
        long seen = print(answer, 0);
        while (follow) {
            Thread.sleep(BETWEEN);
            seen = print(agent.get("/api/v1/events?limit=1000&after=" + seen), seen);
        }
        return ExitCode.DONE;
    }

    /** Prints the events and gives the number of the last. */
    private long print(JsonNode answer, long before) {
        long seen = before;
        for (JsonNode event : answer.path("events")) {
            seen = Math.max(seen, event.path("number").asLong());
            holdfast.console()
                    .print(List.of(json
                            ? event.toString()
                            : "%6d  %s  %-10s %-14s %s".formatted(event.path("number").asLong(),
                                    Words.milli(event.path("at")),
                                    event.path("member").asText(), event.path("type").asText(),
                                    event.path("text").asText())));
        }
        return seen;
    }
}
