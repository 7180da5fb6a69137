package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast logout}. */
@Command(name = "logout", mixinStandardHelpOptions = true, description = "Ends the session with the agent, on all agents at once, and forgets its token.", footer = {
        "", "Examples:", "  holdfast logout"})
final class LogoutVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Override
    public Integer call() {
        try {
            holdfast.agent().post("/api/v1/logout", JsonNodeFactory.instance.objectNode());
        } finally {
            holdfast.credentials().forget();
        }
        holdfast.console().print(List.of("The session has ended."));
        return ExitCode.DONE;
    }
}
