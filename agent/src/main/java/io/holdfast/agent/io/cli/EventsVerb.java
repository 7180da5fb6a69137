package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast events}. */
@Command(name = "events", mixinStandardHelpOptions = true, description = {"Lists what has happened in the cluster.", "",
        "Events are numbered over the whole cluster without gaps. The agent answers with the newest that the cluster "
                + "remembers.",
        "",
        "With --follow the connection is made again when it breaks, and goes on where it was."}, footer = {"",
                "Examples:",
                "  holdfast events --last 20", "  holdfast events --follow", "  holdfast events --since 1200 --follow",
                "  holdfast events --follow --json | jq -r 'select(.type == \"takeover\").text'"})
final class EventsVerb implements Callable<Integer> {
    /** Longer than an agent is ever silent. */
    private static final Duration SILENCE = Duration.ofSeconds(40);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final int MOST = 1000;
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = {"-f", "--follow"}, description = "Goes on with new ones, until Ctrl-C.")
    boolean follow;

    @Option(names = {"-n",
            "--last"}, paramLabel = "COUNT", defaultValue = "50", description = "How many old ones at most, 1 to 1000. Default: ${DEFAULT-VALUE}.")
    int last;

    @Option(names = "--since", paramLabel = "NUMBER", description = "Those after this number instead; the newest 1000 without --follow.")
    @Nullable
    Long since;

    @Option(names = "--json", description = "Prints JSON; with --follow one line an event.")
    boolean json;

    private long seen;
    private Duration pause = FIRST_PAUSE;

    @Override
    public Integer call() throws InterruptedException {
        AgentClient agent = holdfast.agent();
        seen = since == null ? 0 : since;
        if (since == null || !follow) {
            JsonNode answer = agent.get("/api/v1/events?limit=" + (since == null ? last : MOST) + "&after=" + seen);
            if (json && !follow) {
                holdfast.console().print(List.of(answer.toPrettyString()));
                return ExitCode.DONE;
            }
            answer.path("events").forEach(event -> print(event.path("type").asText(), event));
        }
        if (follow) {
            follow(agent);
        }
        return ExitCode.DONE;
    }

    /** Never ends by itself, but for an error at the first attempt, or when whoever asks may no longer. */
    private void follow(AgentClient agent) throws InterruptedException {
        boolean connected = since == null;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                agent.follow("/api/v1/events", Long.toString(seen), SILENCE,
                        new EventLines((type, data) -> print(type, tree(data)))::line);
                connected = true;
            } catch (IOException e) {
                if (!connected) {
                    throw agent.unreachable(e.getMessage());
                }
            } catch (Failure e) {
                if (!connected || e.exitCode() == ExitCode.NOT_ALLOWED) {
                    throw e;
                }
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private static JsonNode tree(String data) {
        try {
            return JSON.readTree(data);
        } catch (JsonProcessingException e) {
            throw new Failure(ExitCode.FAILED, "HF-5010", "the agent sent an event that is no JSON",
                    "Its log has the whole story.");
        }
    }

    private void print(String type, JsonNode event) {
        pause = FIRST_PAUSE;
        String line;
        if (event.has("number")) {
            seen = event.path("number").asLong();
            line = json ? event.toString() : told(event);
        } else if (type.equals("gap")) {
            seen = event.path("next").asLong() - 1;
            line = json
                    ? event.toString()
                    : "%6s  what came after %d up to here is missing: %s".formatted("-",
                            event.path("after").asLong(), event.path("why").asText());
        } else {
            return;
        }
        holdfast.console().print(List.of(line));
    }

    private static String told(JsonNode event) {
        return "%6d  %s  %-10s %-14s %s".formatted(event.path("number").asLong(), Words.milli(event.path("at")),
                event.path("member").asText(), event.path("type").asText(), event.path("text").asText());
    }
}
