package io.holdfast.agent.io;

import io.holdfast.agent.io.cli.ExitCode;
import io.holdfast.agent.io.cli.Failure;
import io.holdfast.agent.io.cli.Version;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.Problem;
import io.holdfast.config.io.ConfigLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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
        Wiring wiring = new Wiring(config, AgentId.of(config.state()), Replications::make);
        try {
            wiring.start();
        } catch (RuntimeException e) {
            wiring.close();
            throw e;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(wiring), "stop"));
        LOG.info("Agent {} of {} in cluster {} has started", Version.text(), config.member(), config.cluster().name());
        new CountDownLatch(1).await();
    }

    /** SIGTERM is how an agent is meant to end, so that it ends with exit code 0, which the JVM would not. */
    private static void stop(Wiring wiring) {
        int code = ExitCode.DONE;
        try {
            wiring.close();
            LOG.info("Agent has stopped; PostgreSQL is left as it is");
        } catch (RuntimeException e) {
            LOG.error("Agent has not stopped in good order", e);
            code = ExitCode.FAILED;
        }
        Runtime.getRuntime().halt(code);
    }
}
