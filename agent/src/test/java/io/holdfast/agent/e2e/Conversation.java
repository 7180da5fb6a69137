package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A program that asks, and is answered as a person does: each question once it is there. */
final class Conversation implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Process process;
    private final OutputStream keyboard;
    private final Thread reader;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private int from;

    /** Starts it. */
    Conversation(ProcessBuilder program) throws IOException {
        process = program.redirectErrorStream(true).start();
        keyboard = process.getOutputStream();
        reader = Thread.ofPlatform().start(() -> read(process.getInputStream()));
    }

    /** Waits for a question, after those that there were. */
    void awaitQuestion(String question) {
        int begin = from;
        Eventually.within(PATIENCE, "it asks '" + question + "'", () -> printed().indexOf(question, begin) >= 0);
        from = printed().indexOf(question, begin) + question.length();
    }

    /** Types a line. */
    void type(String line) throws IOException {
        keyboard.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }

    /** What it has printed so far, its errors too. */
    String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    /** Waits for its end; the exit code. */
    int end() throws IOException, InterruptedException {
        keyboard.close();
        return exit();
    }

    /** The same, with nobody hanging up meanwhile. */
    int exit() throws InterruptedException {
        assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), () -> "it does not end: " + printed());
        reader.join();
        return process.exitValue();
    }

    private void read(InputStream stream) {
        byte[] bytes = new byte[8192];
        try (stream) {
            for (int count = stream.read(bytes); count >= 0; count = stream.read(bytes)) {
                printed.write(bytes, 0, count);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
