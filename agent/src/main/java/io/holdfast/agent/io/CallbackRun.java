package io.holdfast.agent.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of an operator's program, bounded in time and in what it says. */
final class CallbackRun {
    private static final Logger LOG = LoggerFactory.getLogger(CallbackRun.class);
    /** What the agent itself was given, its secrets among it, is not the program's business. */
    private static final Set<String> KEPT = Set.of("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ");
    private static final Duration TO_END = Duration.ofSeconds(5);
    private static final Duration TO_READ = Duration.ofSeconds(1);
    private static final int MOST_LINES = 100;
    private static final int LONGEST_LINE = 500;

    private CallbackRun() {}

    /** How a run ended. */
    sealed interface Ended {
        /** With exit status 0. */
        record Well() implements Ended {}

        /**
         * In any other way.
         *
         * @param why how, to stand after the program's name
         */
        record Failed(String why) implements Ended {}
    }

    /**
     * Runs a program to its end.
     *
     * @param timeout after this it is ended, with all that it has started: SIGTERM, and 5 s later SIGKILL
     * @param output hears its lines, the first hundred, each cut after 500 characters
     * @throws InterruptedException when this thread was interrupted; the program has been ended then
     */
    static Ended run(List<String> command, Map<String, String> environment, Duration timeout, Consumer<String> output)
            throws InterruptedException {
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .directory(Path.of("/").toFile());
            builder.environment().keySet().retainAll(KEPT);
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            return new Ended.Failed("cannot be run: " + e.getMessage());
        }
        // A child that it leaves behind may hold the pipe for ever: the thread that reads then outlives this run, and must not
        // be one that others wait for.
        Thread reader = Thread.ofPlatform().daemon().name("callback-output").start(() -> read(process, output));
        try {
            boolean inTime = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (!inTime) {
                end(process);
            }
            reader.join(TO_READ);
            return !inTime
                    ? new Ended.Failed("did not end within " + timeout.toSeconds() + " s and was ended")
                    : process.exitValue() == 0
                            ? new Ended.Well()
                            : new Ended.Failed("ended with exit status " + process.exitValue());
        } catch (InterruptedException e) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            throw e;
        }
    }

    private static void end(Process process) throws InterruptedException {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroy);
        boolean ended = process.waitFor(TO_END.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended || all.stream().anyMatch(ProcessHandle::isAlive)) {
            all.addAll(process.descendants().toList());
            all.forEach(ProcessHandle::destroyForcibly);
            process.waitFor(TO_END.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Reads to the end, so that the program never blocks on a full pipe; says what is within the bounds. */
    private static void read(Process process, Consumer<String> output) {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            StringBuilder line = new StringBuilder();
            int lines = 0;
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                if (c != '\n') {
                    if (line.length() < LONGEST_LINE) {
                        line.append((char) c);
                    }
                } else {
                    say(line, ++lines, output);
                }
            }
            if (!line.isEmpty()) {
                say(line, ++lines, output);
            }
        } catch (IOException e) {
            LOG.debug("The output of a callback ended", e);
        }
    }

    private static void say(StringBuilder line, int number, Consumer<String> output) {
        if (number <= MOST_LINES) {
            output.accept(line.toString());
        } else if (number == MOST_LINES + 1) {
            output.accept("… and more");
        }
        line.setLength(0);
    }
}
