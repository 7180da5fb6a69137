package io.holdfast.agent.io;

import io.holdfast.agent.io.cli.ExitCode;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.agent.io.cli.Version;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.Problem;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.config.io.RemovedMark;
import io.holdfast.statesync.Removal;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent from its start to its end. */
public final class AgentProcess {
    private static final Logger LOG = LoggerFactory.getLogger(AgentProcess.class);

    private AgentProcess() {}

    /**
     * Runs the agent of a configuration until this process is told to end.
     *
     * @throws io.holdfast.config.ConfigException when the configuration cannot be used
     * @throws io.holdfast.config.HoldfastException when the agent cannot start
     * @throws Failure with all that stands in the way, when it is known before anything is started
     */
    public static void run(Path file, AgentLog.Format format) throws InterruptedException {
        HoldfastConfig config = ConfigLoader.load(file);
        Owner.become(config);
        AgentLog.agent(format);
        List<Problem> problems = Preflight.problems(config);
        if (!problems.isEmpty()) {
            throw new Failure(ExitCode.FAILED, problems);
        }
        Wiring wiring = new Wiring(config, AgentId.of(config.state()), Replications::make,
                () -> worker(file, format).start());
        try {
            wiring.start();
        } catch (RuntimeException e) {
            wiring.close();
            throw e;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(wiring), "stop"));
        LOG.info("Agent {} of {} in cluster {} has started", Version.text(), config.member(), config.cluster().name());
        leaveForGood(config, wiring, wiring.awaitRemoval());
    }

    /** Of lower priority than the agent and PostgreSQL; what it has to say goes to this process's log. */
    private static ProcessBuilder worker(Path file, AgentLog.Format format) {
        Path program = Path.of(System.getProperty("holdfast.home", "")).resolve("bin/holdfast");
        return new ProcessBuilder("nice", "-n", "5", program.toString(), "worker", "-c",
                file.toAbsolutePath().toString(), "--log", format.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    /** Ends with the reason; what is left running is the socket and the consensus, until the process ends. */
    private static void leaveForGood(HoldfastConfig config, Wiring wiring, Removal removal) {
        String story = config.member() + " was removed from cluster " + config.cluster().name() + " by " + removal.by()
                + " at " + removal.at();
        LOG.error("{}: PostgreSQL is stopped, and the agent ends", story);
        wiring.retire(story);
        throw RemovedMark.problem(config.state(), story).toException();
    }

    /** SIGTERM is how an agent is meant to end, so that it ends with exit code 0, which the JVM would not. */
    private static void stop(Wiring wiring) {
        int code = wiring.isRemoved() ? ExitCode.FAILED : ExitCode.DONE;
        try {
            wiring.close();
            LOG.info("Agent has stopped{}", wiring.isRemoved() ? "" : "; PostgreSQL is left as it is");
        } catch (RuntimeException e) {
            LOG.error("Agent has not stopped in good order", e);
            code = ExitCode.FAILED;
        }
        Runtime.getRuntime().halt(code);
    }
}
