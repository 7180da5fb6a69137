package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast reinit}. */
@Command(name = "reinit", mixinStandardHelpOptions = true, description = {"Clones a standby anew from the primary.", "",
        "Its old data directory is kept aside until the clone streams, where there is room."}, footer = {"",
                "Examples:",
                "  holdfast reinit db3"})
final class ReinitVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Parameters(paramLabel = "NAME", description = "The member.")
    String member = "";

    @Option(names = "--force", description = "Also the only standby that has all that was acknowledged.")
    boolean force;

    @Option(names = "--json", description = "Prints JSON, a line for each step.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        wish.put("member", member).put("force", force);
        return OperationWatch.ask(holdfast, "reinit", wish, json);
    }
}
