package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast resume}. */
@Command(name = "resume", mixinStandardHelpOptions = true, description = {
        "Ends a pause: the cluster acts by itself again."}, footer = {"", "Examples:",
                "  holdfast resume"})
final class ResumeVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        return OperationWatch.ask(holdfast, "resume", JsonNodeFactory.instance.objectNode(), json);
    }
}
