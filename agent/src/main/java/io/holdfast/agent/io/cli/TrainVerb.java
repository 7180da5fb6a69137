package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.Training;
import io.holdfast.backup.io.Rehearsal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast train}: what {@code bin/holdfast --make-aot-cache} runs, and nobody else. */
@Command(name = "train", hidden = true, mixinStandardHelpOptions = true, description = "Lives for a few seconds, for the JVM to learn from.", footer = {
        "", "Examples:", "  bin/holdfast --make-aot-cache       runs it"})
final class TrainVerb implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "A directory with certificates.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Path room;

    @Option(names = "--worker", description = "As a worker; the directory is empty.")
    boolean worker;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (worker) {
            try (Rehearsal rehearsal = new Rehearsal(room)) {
                rehearsal.run();
            }
            return Holdfast.run(new String[]{"restore", "--help"});
        }
        Training.run(room);
        return ExitCode.DONE;
    }
}
