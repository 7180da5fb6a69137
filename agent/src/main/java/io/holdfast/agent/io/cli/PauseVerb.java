package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast pause}. */
@Command(name = "pause", mixinStandardHelpOptions = true, description = {"Pauses the cluster for maintenance.", "",
        "Nothing is promoted, started, stopped or replaced by itself until 'holdfast resume'; what would have been done is in the log and the events. A primary that loses its lease is still fenced, and what an operator asks for is done."}, footer = {
                "", "Examples:",
                "  holdfast pause --reason 'new switch in rack 3'"})
final class PauseVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "Why, for those who read the status.")
    String reason = "";

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        wish.put("reason", reason);
        return OperationWatch.ask(holdfast, "pause", wish, json);
    }
}
