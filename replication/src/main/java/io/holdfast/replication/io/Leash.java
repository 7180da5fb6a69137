package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.replication.io.ProcessTable.Entry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The small process beside PostgreSQL that stops it when the last deadline it was told has passed, whatever has become of this
 * JVM. It outlives the agent and is found again by the next one. Calls come from any thread and never block for long.
 */
public final class Leash {
    private static final Duration READY = Duration.ofSeconds(2);
    private static final Duration GONE = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(2);

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final Path script;
    private @Nullable Held held;
    private @Nullable Uptime deadline;

    /**
     * A leash that runs.
     *
     * @param process its process
     * @param fifo where it reads deadlines
     */
    private record Held(Entry process, Path fifo) {}

    /** Finds the leash that an agent before this one has left, if any; starts none. */
    public Leash(PostgresOptions options) {
        this.options = options;
        commands = new Commands(options);
        files = new DurableFiles(options.runAs());
        script = options.state().resolve("leash.sh");
        List<Held> running = running();
        held = running.isEmpty() ? null : running.getLast();
        running.stream().filter(h -> !h.equals(held)).forEach(Leash::kill);
    }

    /**
     * Replaces whatever leash there was by a new one.
     *
     * @param until when it stops PostgreSQL, unless it is told a later instant before
     * @throws io.holdfast.config.HoldfastException HF-3032 when it did not start
     */
    public synchronized void arm(Uptime until) {
        disarm();
        try {
            files.makeDirectory(options.state());
            try (InputStream text = Leash.class.getResourceAsStream("leash.sh")) {
                if (text == null) {
                    throw new IllegalStateException("leash.sh is not in the jar");
                }
                files.write(script, text.readAllBytes());
            }
            Path fifo = options.state().resolve("leash." + until.centiseconds() + ".fifo");
            Files.deleteIfExists(fifo);
            Libc.makeFifo(fifo);
            files.own(fifo);
            start(fifo, until);
        } catch (IOException e) {
            throw failed(e.getMessage());
        }
    }

    private void start(Path fifo, Uptime until) throws IOException {
        List<String> line = new ArrayList<>(List.of("setsid"));
        line.addAll(commands.asOwner());
        long patience = options.settings().get().margin().toMillis() / 20;
        line.addAll(List.of("bash", script.toString(), options.data().toString(), fifo.toString(),
                Long.toString(until.centiseconds()), Long.toString(patience)));
        Path log = options.state().resolve("leash.log");
        Process process = new ProcessBuilder(line).directory(options.state().toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        // Somebody reads the FIFO: then it has its deadline and the data directory open, or fails at the latter at once.
        boolean ready = Await.until(READY, POLL, () -> Libc.writeLine(fifo, Long.toString(until.centiseconds())));
        Entry entry = ready ? ProcessTable.find(process.pid()) : null;
        if (entry == null) {
            process.destroyForcibly();
            throw failed("see " + log);
        }
        held = new Held(entry, fifo);
        deadline = until;
    }

    /**
     * Tells it a new deadline; never blocks.
     *
     * @param until when it stops PostgreSQL, unless it is told another instant before
     * @return false when there is no leash that can hear: it must be replaced at once, or PostgreSQL stopped
     */
    public synchronized boolean extend(Uptime until) {
        Held now = held;
        if (now == null || !isAlive() || !Libc.writeLine(now.fifo(), Long.toString(until.centiseconds()))) {
            return false;
        }
        deadline = until;
        return true;
    }

    /** True while its process lives and is not frozen. */
    public synchronized boolean isAlive() {
        Held now = held;
        Entry entry = now == null ? null : ProcessTable.find(now.process().pid());
        return now != null && entry != null && entry.startTicks() == now.process().startTicks() && !entry.isFrozen();
    }

    /** The last deadline that this object has told it; null for none, as after it was found running. */
    public synchronized @Nullable Uptime deadline() {
        return isAlive() ? deadline : null;
    }

    /** Ends it. PostgreSQL is a standby by then, or stopped. */
    public synchronized void disarm() {
        deadline = null;
        held = null;
        for (Held leash : running()) {
            boolean told = Libc.writeLine(leash.fifo(), "off");
            if (!told || !Await.until(GONE, POLL, () -> !ProcessTable.isAlive(leash.process()))) {
                kill(leash);
            }
            try {
                Files.deleteIfExists(leash.fifo());
            } catch (IOException e) {
                throw failed("cannot delete " + leash.fifo() + ": " + e.getMessage());
            }
        }
    }

    /** Every leash on this data directory, by its command line; there is no record that could be wrong. */
    private List<Held> running() {
        List<Held> found = new ArrayList<>();
        for (Entry process : ProcessTable.all()) {
            List<String> words = ProcessTable.words(process.pid());
            int at = words.indexOf(script.toString());
            if (at >= 0 && words.size() > at + 2 && words.get(at + 1).equals(options.data().toString())) {
                found.add(new Held(process, Path.of(words.get(at + 2))));
            }
        }
        found.sort(java.util.Comparator.comparingLong(h -> h.process().startTicks()));
        return found;
    }

    private static void kill(Held leash) {
        if (ProcessTable.isAlive(leash.process())) {
            Libc.signal(leash.process().pid(), Libc.SIGKILL);
            Await.until(GONE, POLL, () -> !ProcessTable.isAlive(leash.process()));
        }
    }

    private static RuntimeException failed(String why) {
        return new Problem("HF-3032", "the leash does not start: " + why, "It needs bash 4 and setsid (util-linux).")
                .toException();
    }
}
