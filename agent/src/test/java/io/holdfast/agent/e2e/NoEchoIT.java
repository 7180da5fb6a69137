package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Distribution;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real terminal, which {@code script} makes, what is secret is not shown. */
class NoEchoIT {
    private static final String PASSWORD = "seven green ospreys";

    @Test
    void aPasswordIsNotShownAndANameIs(@TempDir Path directory) throws Exception {
        Path config = Files.writeString(directory.resolve("holdfast.yaml"),
                "listen: {socket: " + directory.resolve("nobody.sock") + "}\n");
        ProcessBuilder terminal = new ProcessBuilder("script", "--quiet", "--return", "--command",
                Distribution.find().binary() + " --config " + config + " login", "/dev/null");
        try (Conversation conversation = new Conversation(terminal)) {
            conversation.awaitQuestion("User: ");
            conversation.type("ada");
            conversation.awaitQuestion("Password: ");
            conversation.type(PASSWORD);
            // Both were read: what is missing is an agent to tell them.
            assertEquals(3, conversation.exit(), conversation::printed);
            String shown = conversation.printed();
            assertTrue(shown.contains("HF-5001") && shown.contains("User: ada"), shown);
            assertFalse(shown.contains(PASSWORD) || shown.contains("ospreys"), shown);
        }
    }
}
