package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Digests;
import io.holdfast.sessions.OfflineNote;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Beside an agent's audit log, a file of what was done on its host without asking it. The agent takes each note into its own chain
 * once, as soon as it runs; from there it travels as all records do. Who writes and who takes hold the file's lock, which ends with
 * the process, so that none of them is in the way for longer than it lives.
 */
public final class OfflineAudit {
    private static final Logger LOG = LoggerFactory.getLogger(OfflineAudit.class);
    private static final String FILE = "offline.jsonl";
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int ID_BYTES = 16;

    private final Path state;
    private final Path file;

    /**
     * Of an agent.
     *
     * @param state its state directory
     */
    public OfflineAudit(Path state) {
        this.state = state;
        this.file = state.resolve("audit").resolve(FILE);
    }

    /** A note of now, which is nowhere yet. */
    public static OfflineNote note(String who, String action, String object, String result) {
        String id = java.util.HexFormat.of().formatHex(Tokens.bytes(ID_BYTES));
        return new OfflineNote(id, Instant.now(), who, action, object, result);
    }

    /** The line for a note: appended to the file of any agent by hand, it is taken too. */
    public static String line(OfflineNote note) {
        return SessionJson.write(note);
    }

    /** Where the notes are. */
    public Path file() {
        return file;
    }

    /**
     * Writes a note down; it is on the disk when this returns.
     *
     * @throws HoldfastException HF-4025 when there is no such state directory, or this user cannot write there
     */
    public void write(OfflineNote note) {
        if (!Files.isDirectory(state)) {
            throw unwritable("there is no directory " + state, null);
        }
        try {
            Files.createDirectories(file.getParent());
            try (FileChannel channel = open(); FileLock lock = lock(channel)) {
                if (lock == null) {
                    throw unwritable("somebody else has held " + file + " for " + PATIENCE.toSeconds() + " s", null);
                }
                append(channel, line(note) + "\n");
            }
        } catch (IOException e) {
            throw unwritable(e.toString(), e);
        }
    }

    /** What is behind the last line feed was confirmed to nobody. */
    private static void append(FileChannel channel, String line) throws IOException {
        long end = channel.size();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (end > 0 && channel.read(one.clear(), end - 1) == 1 && one.get(0) != '\n') {
            end--;
        }
        channel.truncate(end).position(end);
        ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(true);
    }

    /** One who made a link of that name would have another file written. */
    private FileChannel open() throws IOException {
        boolean fresh = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        if (fresh) {
            try (FileChannel directory = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
        return channel;
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (true) {
                FileLock lock = tryLock(channel);
                if (lock != null || System.nanoTime() > deadline) {
                    return lock;
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another thread of this JVM has it.
            return null;
        }
    }

    /**
     * Takes what is there into the agent's own chain, and then out of the file. What the chain has already is only taken out: an
     * agent may have ended between the two.
     *
     * @return when to come again
     */
    public Duration take(AuditLog log) {
        if (!Files.exists(file)) {
            return PAUSE;
        }
        try (FileChannel channel = open(); FileLock lock = channel.size() == 0 ? null : tryLock(channel)) {
            if (lock != null) {
                take(channel, log);
            }
        } catch (IOException e) {
            throw unwritable(e.toString(), e);
        }
        return PAUSE;
    }

    private void take(FileChannel channel, AuditLog log) throws IOException {
        Set<String> known = new HashSet<>();
        log.read(record -> record.entry().from().startsWith(OfflineNote.FROM))
                .forEach(record -> known.add(record.entry().from()));
        for (OfflineNote note : notes(channel)) {
            if (known.add(note.from())) {
                log.record(note.entry());
            }
        }
        channel.truncate(0);
        channel.force(true);
    }

    /** Of a line that nobody can read is noted that it was there. */
    private List<OfflineNote> notes(FileChannel channel) throws IOException {
        List<OfflineNote> notes = new ArrayList<>();
        for (String line : text(channel).lines().filter(one -> !one.isBlank()).toList()) {
            try {
                notes.add(SessionJson.read(line, OfflineNote.class));
            } catch (HoldfastException | IllegalArgumentException | NullPointerException e) {
                LOG.warn("A line of {} is no note", file, e);
                notes.add(new OfflineNote(Digests.sha256("line of " + FILE, line), Instant.now(), "unknown", "unknown",
                        file.toString(), "a line of it could not be read"));
            }
        }
        return notes;
    }

    /** Whole lines only. */
    private static String text(FileChannel channel) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer part = ByteBuffer.allocate(16 * 1024);
        channel.position(0);
        while (channel.read(part.clear()) > 0) {
            bytes.write(part.array(), 0, part.position());
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        return text.substring(0, text.lastIndexOf('\n') + 1);
    }

    private static HoldfastException unwritable(String why, @Nullable IOException cause) {
        Problem problem = new Problem("HF-4025",
                "what is done without the agent cannot be noted for its audit log: " + why,
                "it is done nevertheless; append the line that is shown to audit/" + FILE
                        + " in the state directory of any agent.");
        return cause == null ? problem.toException() : new HoldfastException(problem, cause);
    }
}
