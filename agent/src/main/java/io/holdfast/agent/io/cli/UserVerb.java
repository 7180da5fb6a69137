package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.SealException;
import io.holdfast.backup.io.SealedNote;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast user}. */
@Command(name = "user", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|add|remove|role|password|reset-factors|recover", description = {
        "Who may log in, and what each may do.", "",
        "viewer looks; operator does everyday work: backups, switchovers, restarts, pauses; admin also does what can lose data "
                + "or lets others in, each time with a code. The first admin is made over the socket of a node; as soon as one has "
                + "enrolled a device, that socket asks for a session too."}, footer = {"", "Examples:",
                        "  holdfast user add ada --role admin", "  holdfast user list",
                        "  holdfast user password             one's own",
                        "  holdfast user reset-factors ada    who has lost the device enrols another at the next login",
                        "  holdfast user recover ada --identity /media/key/backup.key"})
final class UserVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "say list, add, remove, role, password, reset-factors or recover");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the users.")
    int list(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/users");
        List<String> lines = new ArrayList<>();
        String form = "%-20s %-9s %-8s %-9s %s";
        lines.add(form.formatted("USER", "ROLE", "DEVICES", "RECOVERY", "SINCE"));
        answer.path("users")
                .forEach(one -> lines.add(form.formatted(one.path("name").asText(), one.path("role").asText(),
                        one.path("devices").size(), one.path("recoveryCodes").asText(),
                        Words.second(one.path("createdAt")))));
        holdfast.console().print(json ? List.of(answer.toPrettyString()) : lines);
        return ExitCode.DONE;
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = "Makes a user; the password is asked for, and the device enrolled at the first login.")
    int add(@Parameters(paramLabel = "NAME", description = "The name.") String name,
            @Option(names = "--role", paramLabel = "ROLE", defaultValue = "viewer", description = "viewer, operator or admin. Default: ${DEFAULT-VALUE}.") String role,
            @Option(names = "--admin", description = "The same as --role admin.") boolean admin) {
        return post("add", wish(name).put("role", admin ? "admin" : role).put("password", password()));
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a user; the sessions end.")
    int remove(@Parameters(paramLabel = "NAME", description = "The name.") String name) {
        return post("remove", wish(name));
    }

    @Command(name = "role", mixinStandardHelpOptions = true, description = "Changes what a user may do; the sessions end.")
    int role(@Parameters(paramLabel = "NAME", description = "The name.") String name,
            @Parameters(paramLabel = "ROLE", description = "viewer, operator or admin.") String role) {
        return post("role", wish(name).put("role", role));
    }

    @Command(name = "password", mixinStandardHelpOptions = true, description = "Sets a password, which is asked for; the sessions end. One's own asks for the present one too.")
    int password(
            @Parameters(paramLabel = "NAME", arity = "0..1", description = "The name. Default: one's own password.") @Nullable String name) {
        if (name != null) {
            return post("password", wish(name).put("password", password()));
        }
        ObjectNode wish = JsonNodeFactory.instance.objectNode()
                .put("present", holdfast.prompt().secret("Present password: "))
                .put("password", password());
        print(holdfast.agent().post("/api/v1/password", wish));
        holdfast.credentials().forget();
        return ExitCode.DONE;
    }

    @Command(name = "recover", mixinStandardHelpOptions = true, description = {
            "Takes all devices and recovery codes of an administrator away, where no administrator can log in any more.",
            "",
            "It is for root of a node, over the socket, who holds a private key that opens the backups; the key is not sent. "
                    + "The next login enrols a device. The sessions end, the audit log has it, and everybody is told."})
    int recover(@Parameters(paramLabel = "NAME", description = "The administrator.") String name,
            @Option(names = "--identity", required = true, paramLabel = "FILE", description = "A private key that opens the backups.") Path file,
            @Option(names = "--new-password", description = "Sets another password too, which is asked for.") boolean newPassword) {
        AgentClient agent = holdfast.localAgent();
        try (Identity identity = Identity.read(file)) {
            String password = newPassword ? password() : null;
            JsonNode asked = agent.post("/api/v1/users/recover", wish(name));
            String answer = SealedNote.open(Base64.getDecoder().decode(asked.path("challenge").asText()), identity,
                    "the challenge of the agent");
            ObjectNode wish = wish(name).put("answer", answer);
            if (password != null) {
                wish.put("password", password);
            }
            print(agent.post("/api/v1/users/recover/answer", wish));
            return ExitCode.DONE;
        } catch (SealException e) {
            throw new Failure(ExitCode.NOT_ALLOWED, List.of(e.problem()));
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be read", e);
        }
    }

    @Command(name = "reset-factors", mixinStandardHelpOptions = true, description = "Takes all devices and recovery codes of a user away, once another administrator has approved it; the next login enrols one. The sessions end.")
    int resetFactors(@Parameters(paramLabel = "NAME", description = "The name.") String name) {
        return post("reset-factors", wish(name));
    }

    private String password() {
        Prompt prompt = holdfast.prompt();
        String first = prompt.secret("Password: ");
        if (!first.equals(prompt.secret("The same again: "))) {
            throw new Failure(ExitCode.USAGE, "HF-5162", "the two passwords are not the same", "Enter it twice.");
        }
        return first;
    }

    private static ObjectNode wish(String name) {
        return JsonNodeFactory.instance.objectNode().put("user", name);
    }

    private int post(String what, ObjectNode wish) {
        print(holdfast.agent().post("/api/v1/users/" + what, wish));
        return ExitCode.DONE;
    }

    private void print(JsonNode answer) {
        holdfast.console().print(List.of(answer.path("done").asText() + "."));
    }
}
