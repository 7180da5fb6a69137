package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast failover}. */
@Command(name = "failover", mixinStandardHelpOptions = true, description = {
        "Forces a member to be the primary although it may lack what was acknowledged.", "",
        "Only where nobody leads and no safe takeover is possible: Holdfast does the safe ones by itself. It says what may be lost, and does it only with --accept-loss."}, footer = {
                "", "Examples:",
                "  holdfast failover --to db2", "  holdfast failover --to db2 --accept-loss"})
final class FailoverVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--to", paramLabel = "NAME", required = true, description = "Who is to be the primary.")
    String to = "";

    @Option(names = "--accept-loss", description = "Does it although acknowledged transactions may be lost.")
    boolean acceptLoss;

    @Option(names = "--json", description = "Prints JSON, a line for each step.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        wish.put("to", to).put("acceptLoss", acceptLoss);
        return OperationWatch.ask(holdfast, "failover", wish, json);
    }
}
