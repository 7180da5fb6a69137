package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.AgentLog;
import io.holdfast.agent.io.AgentProcess;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast agent}. */
@Command(name = "agent", mixinStandardHelpOptions = true, description = {"Runs the agent of this node.", "",
        "It starts PostgreSQL, or adopts the one that runs, and goes on until it is told to stop (SIGTERM); PostgreSQL is left "
                + "running then, for the next agent to adopt within the lease. Started as root it becomes the owner of the "
                + "data directory. It logs to standard error, and nothing while nothing happens."}, footer = {"",
                        "Examples:",
                        "  holdfast agent -c /etc/holdfast/holdfast.yaml", "  holdfast agent --log json", "", "Files:",
                        "  the state directory ('state' in the configuration): the consensus log and the agent's id"})
final class AgentVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--log", paramLabel = "FORMAT", defaultValue = "text", description = "How log lines look: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    AgentLog.Format log = AgentLog.Format.TEXT;

    @Override
    public Integer call() throws InterruptedException {
        AgentProcess.run(holdfast.configOrDefault(), log);
        return ExitCode.DONE;
    }
}
