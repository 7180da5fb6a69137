package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentIdTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void isMadeOnceForEachStateDirectory() {
        String id = AgentId.of(directory.resolve("a/state"));
        assertTrue(id.matches("[0-9a-f]{16}"), id);
        assertEquals(id, AgentId.of(directory.resolve("a/state")));
        assertNotEquals(id, AgentId.of(directory.resolve("b")));
    }

    @Test
    void aFileThatHoldsSomethingElseIsNotOverwritten() throws IOException {
        Files.writeString(directory.resolve("agent-id"), "mine\n");
        assertEquals("HF-5012", assertThrows(HoldfastException.class, () -> AgentId.of(directory)).problem().code());
        assertEquals("mine\n", Files.readString(directory.resolve("agent-id")));
    }

    @Test
    void aStateThatIsAFileIsSaid() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertEquals("HF-5013", assertThrows(HoldfastException.class, () -> AgentId.of(file)).problem().code());
    }
}
