package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.demo.Demo;
import io.holdfast.config.Durability;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast demo}. */
@Command(name = "demo", mixinStandardHelpOptions = true, description = {
        "Runs a whole cluster on this machine, to play with.", "",
        "It makes certificates and configurations in one directory, starts an agent for each member as a process of its own, "
                + "and shows the status until Ctrl-C stops all of it. A directory that has a demo already goes on where it "
                + "stopped. As root everything runs as user postgres."}, footer = {"", "Examples:", "  holdfast demo",
                        "  holdfast demo --nodes 5 --dir /tmp/five", "  holdfast demo --detach",
                        "  holdfast demo stop --dir .demo", "", "Files:",
                        "  DIR/demo.json                  the URL to connect to, and where each member is",
                        "  DIR/MEMBER/holdfast.yaml       a member's configuration",
                        "  DIR/MEMBER/agent.log           what its agent says"})
final class DemoVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Option(names = "--nodes", paramLabel = "COUNT", description = "How many members, 1 to 9. Default: 3, or as many as the demo in DIR has.")
    @Nullable
    Integer nodes;

    @Option(names = "--dir", paramLabel = "DIR", description = "The demo's directory. Default: .demo, as root /tmp/holdfast-demo.")
    @Nullable
    Path directory;

    @Option(names = "--durability", paramLabel = "KIND", defaultValue = "quorum", description = "What an acknowledged commit is worth in a new demo: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    Durability durability = Durability.QUORUM;

    @Option(names = "--detach", description = "Comes back once the cluster is whole, and leaves it running.")
    boolean detach;

    @Option(names = "--no-redis", description = "Makes a new demo without a Redis and its Sentinels.")
    boolean noRedis;

    @Override
    public Integer call() throws InterruptedException {
        if (nodes != null && (nodes < 1 || nodes > 9)) {
            throw new ParameterException(spec.commandLine(), "--nodes is " + nodes + ", which is not between 1 and 9");
        }
        return Demo
                .run(new Demo.Options(nodes == null ? 0 : nodes, directory == null ? Demo.usualDirectory() : directory,
                        durability.name().toLowerCase(Locale.ROOT), detach, !noRedis), holdfast.console());
    }

    @Command(name = "stop", mixinStandardHelpOptions = true, description = "Stops a demo: its agents, its PostgreSQL servers and all else that it started. The directory stays.")
    int stop(
            @Option(names = "--dir", paramLabel = "DIR", description = "The demo's directory. Default: .demo, as root /tmp/holdfast-demo.") @Nullable Path stopped) {
        return Demo.stop(stopped == null ? Demo.usualDirectory() : stopped, holdfast.console());
    }
}
