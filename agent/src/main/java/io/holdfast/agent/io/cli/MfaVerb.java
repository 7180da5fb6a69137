package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast mfa}. */
@Command(name = "mfa", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|enroll|remove|verify", description = {
        "Second factors of one's own.", "",
        "What is dangerous asks for a code each single time. On a terminal it is asked for at once; in a script, HOLDFAST_CODE "
                + "has it, or 'mfa verify' is run before the same again."}, footer = {"", "Examples:",
                        "  holdfast mfa list", "  holdfast mfa enroll",
                        "  holdfast mfa verify"})
final class MfaVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say list, enroll, remove or verify");
    }

    @Command(name = "enroll", mixinStandardHelpOptions = true, description = "Enrols one more device; it asks for a code of one that there is. All other sessions end.")
    int enroll(
            @Option(names = "--algorithm", paramLabel = "NAME", defaultValue = "SHA1", description = "SHA1, which most apps take, SHA256 or SHA512.") String algorithm) {
        var begun = holdfast.agent().post("/api/v1/mfa/enroll", JsonNodeFactory.instance.objectNode());
        return new LoginSteps(holdfast, algorithm).follow(new AgentClient.Step(true, begun));
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists one's own devices.")
    int list(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode devices = holdfast.agent().get("/api/v1/whoami").path("devices");
        List<String> lines = new ArrayList<>();
        if (json) {
            lines.add(JsonNodeFactory.instance.objectNode().set("devices", devices).toPrettyString());
        } else {
            String form = "%-10s %-21s %s";
            lines.add(form.formatted("ID", "ADDED", "LABEL"));
            devices.forEach(one -> lines.add(form.formatted(one.path("id").asText(), Words.second(one.path("addedAt")),
                    one.path("label").asText())));
        }
        holdfast.console().print(lines);
        return ExitCode.DONE;
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Takes a device of one's own away, with a code; all sessions end. The only one stays.")
    int remove(@Parameters(paramLabel = "ID", description = "Its id, from the list.") String id) {
        JsonNode answer = holdfast.agent()
                .post("/api/v1/mfa/remove", JsonNodeFactory.instance.objectNode().put("device", id));
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }

    @Command(name = "verify", mixinStandardHelpOptions = true, description = "Enters a code for what was refused last for want of one; then the same is let through, once.")
    int verify(
            @Parameters(paramLabel = "ACTION", arity = "0..1", description = "What the refusal named. Default: the last one of this user.") @Nullable String named) {
        String action = named == null ? holdfast.credentials().refusedAction() : named;
        if (action == null) {
            throw new Failure(ExitCode.FAILED, "HF-5161", "nothing was refused for want of a code",
                    "Ask for what you want; it says so where it needs one.");
        }
        holdfast.agent()
                .post("/api/v1/mfa/verify", JsonNodeFactory.instance.objectNode()
                        .put("action", action)
                        .put("code", holdfast.prompt().secret("Code: ")));
        holdfast.console().print(List.of("Ask for it again: the code counts for it, once and not for long."));
        return ExitCode.DONE;
    }
}
