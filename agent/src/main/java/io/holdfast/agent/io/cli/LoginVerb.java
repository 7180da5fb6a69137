package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast login}. */
@Command(name = "login", mixinStandardHelpOptions = true, description = {"Begins a session with the agent.", "",
        "It asks for the password and a code of the second factor; at the first login for a device instead, whose code it "
                + "shows as a QR code, and then it tells ten recovery codes. What is asked is read without echo, or from standard "
                + "input where that is no terminal. The token is kept in a file of this user's that nobody else can read, and "
                + "is never shown."}, footer = {"", "Examples:", "  holdfast login ada",
                        "  holdfast --api https://10.0.0.1:8009 --api-ca ca.crt login ada", "", "Environment:",
                        "  HOLDFAST_TOKEN    a token, for scripts; it goes before the file",
                        "  HOLDFAST_CODE     a code, for the one command that is run with it", "", "Files:",
                        "  ~/.config/holdfast/token-*    one an agent, mode 0600"})
final class LoginVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Parameters(paramLabel = "USER", arity = "0..1", description = "Who. Default: it is asked for.")
    @Nullable
    String user;

    @Option(names = "--label", paramLabel = "TEXT", defaultValue = "", description = "What to call this place in the list of sessions.")
    String label = "";

    @Option(names = "--algorithm", paramLabel = "NAME", defaultValue = "SHA1", description = "At the first login: SHA1, which most apps take, SHA256 or SHA512.")
    String algorithm = "SHA1";

    @Override
    public Integer call() {
        String name = user == null ? holdfast.prompt().line("User: ") : user;
        var wish = JsonNodeFactory.instance.objectNode().put("user", name);
        wish.put("password", holdfast.prompt().secret("Password: ")).put("label", label).put("agent", "holdfast");
        return new LoginSteps(holdfast, algorithm).follow("/api/v1/login", wish);
    }
}
