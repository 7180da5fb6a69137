package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.replication.io.ProcessTable.Entry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The processes of this member's PostgreSQL. It is started in a session of its own with its output to a file, so that neither
 * Ctrl-C nor the agent's end reaches it; a running one is found and adopted. "None is left" means: no process works in the data
 * directory.
 */
final class PostgresProcess {
    /** How often to look where the kernel cannot tell. */
    private static final Duration WATCH = Duration.ofMillis(50);
    /** How soon the watching ends that is not wanted any more. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(5);
    /** Processes that SIGKILL cannot end wait for a disk; after this the turn goes on and tries again. */
    private static final Duration KILLED_WITHIN = Duration.ofSeconds(10);

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final Runnable wake;
    private final Object fenceLock = new Object();
    private long fences;
    private final AtomicReference<@Nullable Entry> watched = new AtomicReference<>();

    PostgresProcess(PostgresOptions options, Commands commands, DurableFiles files, Runnable wake) {
        this.options = options;
        this.commands = commands;
        this.files = files;
        this.wake = wake;
    }

    /** The postmaster; null when there is none. One that was not known yet is watched from now on. */
    @Nullable
    Entry postmaster() {
        Entry known = watched.get();
        if (known != null && ProcessTable.isAlive(known)) {
            return known;
        }
        Entry found = LockFile.postmaster(options.data());
        if (found != null) {
            watch(found);
        }
        return found;
    }

    /** Every process that works in the data directory. */
    List<Entry> all() {
        return ProcessTable.workingIn(options.data());
    }

    /** What the postmaster says of itself: {@code starting}, {@code ready}, {@code stopping} …; empty when nothing. */
    String status() {
        return LockFile.status(options.data());
    }

    /** The walreceivers, connected or not. */
    List<Entry> walReceivers() {
        return all().stream().filter(p -> ProcessTable.title(p.pid()).contains("walreceiver")).toList();
    }

    /**
     * Starts PostgreSQL.
     *
     * @param overrides parameters for this start only
     * @param fencesBefore what {@link #fences} said when the start was decided on: a fence since then forbids it
     * @return how it went; a start that is still going on is no error
     */
    Started start(List<String> overrides, Duration within, long fencesBefore) throws IOException {
        removeStaleLocks();
        List<String> line = new ArrayList<>(List.of("setsid"));
        List<String> arguments = new ArrayList<>(List.of("-D", options.data().toString(), "-c",
                "config_file=" + options.state().resolve("postgresql.conf")));
        overrides.forEach(o -> arguments.addAll(List.of("-c", o)));
        line.addAll(commands.line("postgres", arguments));
        Path log = log();
        if (!Files.exists(log)) {
            files.write(log, "");
        }
        long from = Files.size(log);
        ProcessBuilder builder = new ProcessBuilder(line).directory(options.data().toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        // What libpq would take for a setting; not what says whom the kernel kills first (manual, "Linux Memory Overcommit").
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") && !name.startsWith("PG_OOM_ADJUST_"));
        Process child;
        synchronized (fenceLock) {
            if (fences != fencesBefore) {
                return new Started.Died("it was fenced before it started");
            }
            child = builder.start();
        }
        var _ = child.onExit().thenRun(wake);
        boolean settled = Await.until(within, POLL,
                () -> status().equals("ready") && postmaster() != null || !child.isAlive());
        if (!child.isAlive()) {
            return new Started.Died(linesAfter(log, from));
        }
        return settled ? new Started.Ready() : new Started.Starting();
    }

    /** How a start went. */
    sealed interface Started {
        /** It takes connections. */
        record Ready() implements Started {}

        /** It is recovering, and will take connections later. */
        record Starting() implements Started {}

        /**
         * It ended.
         *
         * @param why the last lines of its log
         */
        record Died(String why) implements Started {}
    }

    /** Makes it read its configuration again; false when it is not running. */
    boolean reload() {
        Entry postmaster = postmaster();
        return postmaster != null && Libc.signal(postmaster.pid(), Libc.SIGHUP);
    }

    /** Fast shutdown; true when no process is left within the time. */
    boolean stopFast(Duration within) {
        Entry postmaster = postmaster();
        if (postmaster != null) {
            Libc.signal(postmaster.pid(), Libc.SIGINT);
        }
        return isGone(within);
    }

    /** How often it was fenced. */
    long fences() {
        synchronized (fenceLock) {
            return fences;
        }
    }

    /**
     * Immediate shutdown, then SIGKILL; true when no process is left.
     *
     * @param patience how long the immediate shutdown may take before SIGKILL
     */
    boolean stopNow(Duration patience) {
        synchronized (fenceLock) {
            fences++;
        }
        Entry postmaster = postmaster();
        if (postmaster != null) {
            Libc.signal(postmaster.pid(), Libc.SIGQUIT);
            if (isGone(patience)) {
                return true;
            }
        }
        return Await.until(KILLED_WITHIN, POLL, () -> {
            List<Entry> left = all();
            left.forEach(p -> Libc.signal(p.pid(), Libc.SIGKILL));
            return left.isEmpty();
        });
    }

    private boolean isGone(Duration within) {
        return Await.until(within, POLL, () -> {
            Entry postmaster = watched.get();
            return (postmaster == null || !ProcessTable.isAlive(postmaster)) && all().isEmpty();
        });
    }

    /** Where PostgreSQL's output goes. */
    Path log() {
        return options.state().resolve("postgres.log");
    }

    private void watch(Entry postmaster) {
        watched.set(postmaster);
        Thread.ofPlatform().daemon().name("watch postgres " + postmaster.pid()).start(() -> {
            while (postmaster.equals(watched.get())) {
                if (!ProcessTable.isAlive(postmaster)) {
                    watched.compareAndSet(postmaster, null);
                    wake.run();
                    return;
                }
                if (!Libc.awaitEnd(postmaster.pid(), LOOK_AGAIN)) {
                    LockSupport.parkNanos(WATCH.toNanos());
                }
            }
        });
    }

    /** Ends the watching; PostgreSQL goes on. */
    void forget() {
        watched.set(null);
    }

    /** No process is left, so a lock's process number can only be another program's by now, and would keep PostgreSQL down. */
    private void removeStaleLocks() throws IOException {
        if (!all().isEmpty()) {
            throw new Problem("HF-3012", "processes of this PostgreSQL are still there", "Stop them first.")
                    .toException();
        }
        if (LockFile.named(options.data()) != null) {
            files.delete(options.data().resolve("postmaster.pid"));
        }
        Path socketLock = options.socket().resolve(".s.PGSQL." + options.listen().port() + ".lock");
        if (Files.exists(socketLock)) {
            List<String> lines = Files.readAllLines(socketLock, StandardCharsets.UTF_8);
            if (lines.size() > 1 && lines.get(1).equals(options.data().toString())) {
                files.delete(socketLock);
            }
        }
    }

    private static String linesAfter(Path log, long from) throws IOException {
        String text;
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.min(from, file.length()));
            byte[] bytes = new byte[(int) Math.min(64 << 10, file.length() - file.getFilePointer())];
            file.readFully(bytes);
            text = new String(bytes, StandardCharsets.UTF_8);
        }
        List<String> lines = text.lines()
                .filter(l -> l.contains("FATAL") || l.contains("PANIC") || l.contains("HINT")
                        || l.contains("ERROR"))
                .toList();
        return lines.isEmpty() ? "see " + log : String.join(" / ", lines);
    }
}
