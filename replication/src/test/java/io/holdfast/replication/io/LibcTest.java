package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LibcTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @Test
    void waitingForAProcessEndsWithIt() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            CompletableFuture<Boolean> waiting = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> waiting.complete(Libc.awaitEnd(process.pid(), LONG)));
            assertTrue(Libc.signal(process.pid(), Libc.SIGKILL));
            assertTrue(waiting.get(LONG.toSeconds() / 2, TimeUnit.SECONDS) || process.waitFor() > 0);
            process.waitFor();
            assertFalse(Libc.awaitEnd(process.pid(), LONG), "it is gone, and nobody waits for what is gone");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void waitingForAProcessThatLivesEndsInTime() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            assertTrue(Libc.awaitEnd(process.pid(), Duration.ofMillis(20)));
            assertTrue(process.isAlive());
        } finally {
            process.destroyForcibly();
        }
    }
}
