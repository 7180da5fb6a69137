package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Steps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The commands of docs/sessions.md, in order, on the demo that it begins with: what they print is what stands there. */
@Tag("long")
class SessionsPageIT {
    private static final Steps STEPS = new Steps("SessionsPageIT");
    private static final Path PAGE = Path.of("../docs/sessions.md");
    private static final String DIRECTORY = "/tmp/holdfast-demo";
    private static final Pattern EXPORT = Pattern.compile("export ([A-Z_]+)=(\\S+)");

    /** Made by root it would be nothing for the user that the demo runs as. */
    private final Path directory = Path.of("/tmp", "holdfast-page-" + ProcessHandle.current().pid());
    private final Map<String, String> environment = new HashMap<>();
    private final Phone phone = new Phone();

    @Test
    void everyCommandOfThePagePrintsWhatStandsThere() throws Exception {
        Path tokens = Files.createTempDirectory("holdfast-page-tokens");
        environment.put("PATH", Distribution.find().home().resolve("bin") + ":" + System.getenv("PATH"));
        environment.put("XDG_CONFIG_HOME", tokens.toString());
        List<Transcript.Step> steps = Transcript.read(PAGE);
        assertTrue(steps.size() > 10, () -> "the page is not read as it should be: " + steps);
        try {
            for (Transcript.Step step : steps) {
                run(new Transcript.Step(here(step.command()), step.expected().stream().map(this::here).toList()));
            }
        } finally {
            Commands.Result stopped = Commands.run(Duration.ofSeconds(60), List.of(
                    Distribution.find().binary().toString(), "demo", "stop", "--dir", directory.toString()));
            Commands.must("rm", "-rf", directory.toString(), tokens.toString());
            assertEquals(0, stopped.exit(), stopped.text());
        }
    }

    private String here(String text) {
        return text.replace(DIRECTORY, directory.toString());
    }

    private void run(Transcript.Step step) throws Exception {
        Matcher export = EXPORT.matcher(step.command());
        if (export.matches()) {
            if (!export.group(2).equals("<secret>")) {
                environment.put(export.group(1), export.group(2));
            }
            return;
        }
        if (step.command().contains("oathtool") && !step.command().contains("--now")) {
            phone.awaitAnotherCode();
        }
        String printed = type(step);
        STEPS.step(step.command().lines().findFirst().orElse(""));
        assertTrue(step.fits(printed),
                () -> step.command() + "\nprinted\n" + printed + "\nand not\n" + String.join("\n", step.expected()));
    }

    /** Runs a command, and answers what it asks; its output and its errors, and the exit code where that is not 0. */
    private String type(Transcript.Step step) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", step.command());
        builder.environment().remove("HOLDFAST_CONFIG");
        builder.environment().putAll(environment);
        try (Conversation conversation = new Conversation(builder)) {
            for (Transcript.Typed typed : step.typed()) {
                conversation.awaitQuestion(typed.question());
                phone.look(conversation.printed());
                environment.put("SECRET", phone.secret());
                conversation.type(phone.answer(typed.name()));
            }
            int exit = conversation.end();
            return conversation.printed() + (exit == 0 ? "" : "(exit code " + exit + ")\n");
        }
    }
}
