package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** {@code holdfast session}. */
@Command(name = "session", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|revoke", description = "Shows who is logged in, and ends sessions, on all agents at once.", footer = {
        "", "Examples:", "  holdfast session list", "  holdfast session revoke 0c1f55aa90be",
        "  holdfast session revoke --user ada", "  holdfast session revoke --all"})
final class SessionVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say list or revoke");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the sessions, the newest first.")
    int list(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/sessions");
        List<String> lines = new ArrayList<>();
        String form = "%-13s %-20s %-21s %-21s %-24s %s";
        lines.add(form.formatted("ID", "USER", "SINCE", "LAST SEEN", "FROM", "LABEL"));
        answer.path("sessions")
                .forEach(one -> lines.add(form.formatted(one.path("id").asText(), one.path("user").asText(),
                        Words.second(one.path("createdAt")), Words.second(one.path("seenAt")),
                        one.path("address").asText(), one.path("label").asText())));
        holdfast.console().print(json ? List.of(answer.toPrettyString()) : lines);
        return ExitCode.DONE;
    }

    @Command(name = "revoke", mixinStandardHelpOptions = true, description = "Ends a session, all of a user, or all.")
    int revoke(
            @Parameters(paramLabel = "ID", arity = "0..1", description = "A session, from the list.") @Nullable String id,
            @Option(names = "--user", paramLabel = "NAME", description = "All of a user.") @Nullable String user,
            @Option(names = "--all", description = "All of the cluster, one's own too.") boolean all) {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        if (id != null) {
            wish.put("id", id);
        }
        if (user != null) {
            wish.put("user", user);
        }
        if (all) {
            wish.put("all", true);
        }
        if (wish.size() != 1) {
            throw new ParameterException(spec.commandLine(), "say one of ID, --user and --all");
        }
        JsonNode answer = holdfast.agent().post("/api/v1/sessions/revoke", wish);
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }
}
