package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.StatusReport;
import io.holdfast.agent.io.ApiJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast restart}. */
@Command(name = "restart", mixinStandardHelpOptions = true, description = {
        "Restarts PostgreSQL: of one member, or of all, one after the other.", "",
        "Without a name it is a rolling restart: the standbys first, each one until it streams again, the primary last. A primary is restarted in place, in the same epoch."}, footer = {
                "", "Examples:",
                "  holdfast restart db2", "  holdfast restart"})
final class RestartVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "The member. Default: all of them.")
    @Nullable
    String member;

    @Option(names = "--json", description = "Prints JSON, a line for each step.")
    boolean json;

    private static final Duration STREAMS = Duration.ofMinutes(10);
    private static final Duration BETWEEN = Duration.ofMillis(500);

    @Override
    public Integer call() throws InterruptedException {
        if (member != null) {
            return restart(member);
        }
        for (String each : standbysFirst()) {
            int code = restart(each);
            if (code != ExitCode.DONE) {
                return code;
            }
            awaitWhole(each);
        }
        return ExitCode.DONE;
    }

    private int restart(String name) throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        wish.put("member", name);
        return OperationWatch.ask(holdfast, "restart", wish, json);
    }

    private List<String> standbysFirst() {
        List<String> order = new ArrayList<>();
        StatusReport status = status();
        if (!status.isWhole()) {
            throw new Failure(ExitCode.FAILED, "HF-5038",
                    "not every member is well, so a rolling restart does not begin",
                    "'holdfast status' shows who is not; 'holdfast restart NAME' restarts one.");
        }
        status.members().stream().filter(m -> m.role().equals("standby")).forEach(m -> order.add(m.name()));
        status.members().stream().filter(m -> m.role().equals("primary")).forEach(m -> order.add(m.name()));
        return order;
    }

    private void awaitWhole(String after) throws InterruptedException {
        long deadline = System.nanoTime() + STREAMS.toNanos();
        while (!status().isWhole()) {
            if (System.nanoTime() > deadline) {
                throw new Failure(ExitCode.FAILED, "HF-5039",
                        "not every member was well within " + STREAMS.toMinutes() + " min of the restart of " + after,
                        "The others are not restarted; 'holdfast explain' says what is wrong.");
            }
            Thread.sleep(BETWEEN);
        }
    }

    private StatusReport status() {
        return ApiJson.status(holdfast.agent().get("/api/v1/status"));
    }
}
