package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.AgentLog;
import io.holdfast.agent.io.worker.WorkerMain;
import io.holdfast.config.io.ConfigLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast worker}. */
@Command(name = "worker", hidden = true, mixinStandardHelpOptions = true, description = {
        "Moves data for the agent of this node: backups, and the archive of WAL.", "",
        "An agent starts it where its configuration has a section 'backup', and it ends with that agent. It reads what it is asked for "
                + "from standard input."}, footer = {"", "Examples:",
                        "  holdfast worker -c /etc/holdfast/holdfast.yaml    as its agent starts it"})
final class WorkerVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--log", paramLabel = "FORMAT", defaultValue = "text", description = "How log lines look: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    AgentLog.Format log = AgentLog.Format.TEXT;

    @Override
    public Integer call() {
        AgentLog.agent(log);
        WorkerMain.run(ConfigLoader.load(holdfast.configOrDefault()));
        return ExitCode.DONE;
    }
}
