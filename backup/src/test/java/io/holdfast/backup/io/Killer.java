package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Kills processes in their work: every other one at a moment of the time that it takes, the others at one of its calls. */
final class Killer {
    private static final int SIGKILL = 128 + 9;
    private static final long MOST_NANOS_AFTER_A_CALL = 20_000_000;

    private final Random random;
    private final long nanos;
    private final int lines;
    private int struck;
    private int late;

    private Killer(Random random, long nanos, int lines) {
        this.random = random;
        this.nanos = nanos;
        this.lines = lines;
    }

    /** Learns from one that comes to its end how long that takes. */
    static Killer learn(Random random, Process process) throws IOException, InterruptedException {
        try (BufferedReader out = process.inputReader()) {
            String first = out.readLine();
            long begun = System.nanoTime();
            int lines = 0;
            StringBuilder text = new StringBuilder(String.valueOf(first));
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines++;
                text.append('\n').append(line);
            }
            assertEquals(0, process.waitFor(), text::toString);
            return new Killer(random, System.nanoTime() - begun, lines);
        }
    }

    /** True when it was killed in its work; false when that was done before. */
    boolean kill(Process process) throws IOException, InterruptedException {
        boolean byTime = (struck + late) % 2 == 0;
        int line = byTime ? 0 : random.nextInt(lines);
        long after = random.nextLong(byTime ? nanos : MOST_NANOS_AFTER_A_CALL);
        try (BufferedReader out = process.inputReader()) {
            String read = out.readLine();
            for (int i = 0; i < line && read != null; i++) {
                read = out.readLine();
            }
            // Read on, or it would wait for its reader.
            Thread reader = Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
            boolean ended = read == null || process.waitFor(after, TimeUnit.NANOSECONDS);
            // Not by the process itself, which would close what is still being read.
            process.toHandle().destroyForcibly();
            int exit = process.waitFor();
            reader.join();
            if (ended) {
                late++;
                assertEquals(0, exit, "it came to its end");
            } else if (exit == SIGKILL) {
                struck++;
            } else {
                late++;
            }
            return exit == SIGKILL;
        }
    }

    @Override
    public String toString() {
        return struck + " killed in their work of " + nanos / 1_000_000 + " ms and " + lines + " lines; " + late
                + " had ended";
    }
}
