package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.StatusTable;
import io.holdfast.agent.io.ApiJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast status}. */
@Command(name = "status", mixinStandardHelpOptions = true, description = {"Shows the cluster at a glance.", "",
        "LAG is how many bytes of the primary's WAL a standby does not have yet and, unless it has replayed all it knows of, "
                + "for how long it has known of the oldest that it has not. SYNC says whether commits wait for a standby: 'sync' for it, "
                + "'quorum' for some of those marked so, 'async' not for it. A table marked STALE comes from an agent that "
                + "hears no majority."}, footer = {"", "Examples:", "  holdfast status",
                        "  holdfast status --watch",
                        "  holdfast status --json | jq -r '.members[] | select(.role == \"primary\").name'"})
final class StatusVerb implements Callable<Integer> {
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = {"-w", "--watch"}, description = "Shows it again every second, until Ctrl-C.")
    boolean watch;

    @Option(names = "--json", description = "Prints JSON; with --watch one line each time.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        AgentClient agent = holdfast.agent();
        Console console = holdfast.console();
        if (!watch) {
            show(console, agent.get("/api/v1/status"));
            return ExitCode.DONE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(console::release));
        while (true) {
            watchOnce(console, agent);
            Thread.sleep(BETWEEN);
        }
    }

    private void show(Console console, JsonNode status) {
        console.print(json ? List.of(status.toPrettyString()) : table(console, status));
    }

    /** An agent that is away for a while (its host restarts, say) does not end the watch. */
    private void watchOnce(Console console, AgentClient agent) {
        try {
            JsonNode status = agent.get("/api/v1/status");
            if (json) {
                console.print(List.of(status.toString()));
            } else {
                console.repaint(table(console, status));
            }
        } catch (Failure failure) {
            if (failure.exitCode() != ExitCode.UNREACHABLE || json) {
                throw failure;
            }
            console.repaint(List.of(console.paint().bad(failure.problems().getFirst().message())));
        }
    }

    private static List<String> table(Console console, JsonNode status) {
        return StatusTable.lines(ApiJson.status(status), Instant.now(), console.width(), console.paint());
    }
}
