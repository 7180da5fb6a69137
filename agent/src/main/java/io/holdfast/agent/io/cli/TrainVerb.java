package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.Training;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code holdfast train}: what {@code bin/holdfast --make-aot-cache} runs, and nobody else. */
@Command(name = "train", hidden = true, mixinStandardHelpOptions = true, description = "Lives for a few seconds, for the JVM to learn from.", footer = {
        "", "Examples:", "  bin/holdfast --make-aot-cache       runs it"})
final class TrainVerb implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "A directory with certificates.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Path room;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Training.run(room);
        return ExitCode.DONE;
    }
}
