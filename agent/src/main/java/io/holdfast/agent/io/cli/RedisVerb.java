package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast redis}. */
@Command(name = "redis", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "status|failover", description = {
        "Shows the Redis that Sentinel watches, and moves its master.", "",
        "Sentinel detects and elects; Holdfast sees more than Sentinel does, and acts through it."}, footer = {"",
                "Examples:", "  holdfast redis status --watch", "  holdfast redis failover cache --dry-run",
                "  holdfast redis failover cache --to 10.0.0.2:6379"})
final class RedisVerb implements Runnable {
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say status or failover");
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = {
            "Shows masters, replicas and Sentinels, and what is wrong with them.", "",
            "LAG is how many bytes of the master's stream a replica lacks. What is wrong is told of the views of all agents."})
    int status(
            @Option(names = {"-w",
                    "--watch"}, description = "Shows it again every second, until Ctrl-C.") boolean watch,
            @Option(names = "--json", description = "Prints JSON; with --watch one line each time.") boolean json)
            throws InterruptedException {
        AgentClient agent = holdfast.agent();
        Console console = holdfast.console();
        if (!watch) {
            JsonNode status = agent.get("/api/v1/redis");
            console.print(
                    json ? List.of(status.toPrettyString()) : RedisLines.of(status, console.width(), console.paint()));
            return ExitCode.DONE;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(console::release));
        while (true) {
            JsonNode status = agent.get("/api/v1/redis");
            if (json) {
                console.print(List.of(status.toString()));
            } else {
                console.repaint(RedisLines.of(status, console.width(), console.paint()));
            }
            Thread.sleep(BETWEEN);
        }
    }

    @Command(name = "failover", mixinStandardHelpOptions = true, description = {
            "Makes a replica the master, without loss, and follows that to its end.", "",
            "Writers are paused until the replica has all that they wrote and is the master; that takes a second or two. "
                    + "Priorities are changed for it, and put back. Interrupting this verb leaves it going on."})
    int failover(
            @Parameters(paramLabel = "NAME", description = "The name under which Sentinel knows the master.") String name,
            @Option(names = "--to", paramLabel = "REPLICA", description = "Which replica, as HOST:PORT. Default: the preferred one.") @Nullable String to,
            @Option(names = "--dry-run", description = "Only says what would be done, or what stands in the way.") boolean dryRun,
            @Option(names = "--json", description = "Prints JSON, a line for each step.") boolean json)
            throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode().put("name", name).put("dryRun", dryRun);
        if (to != null) {
            wish.put("to", to);
        }
        return OperationWatch.ask(holdfast, "redis/failover", wish, json);
    }
}
