package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.AuditCheck.Line;
import io.holdfast.sessions.AuditRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file of one chain: a JSON object a line, only ever appended to. What was appended is on the disk when the call returns. A last
 * line that is not whole was never confirmed to anybody, and is cut off.
 */
final class AuditFile implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private @Nullable AuditRecord last;

    private AuditFile(Path file, FileChannel channel, @Nullable AuditRecord last) {
        this.file = file;
        this.channel = channel;
        this.last = last;
    }

    /** Opens a file, or makes it; throws HF-4015 when that cannot be done. */
    static AuditFile open(Path file) {
        try {
            boolean fresh = !Files.exists(file);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            if (fresh) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
                syncDirectory(file);
            }
            long end = cutTornLine(channel);
            channel.position(end);
            return new AuditFile(file, channel, end == 0 ? null : lastOf(file, channel, end));
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Where the last whole line ends; what is behind it is cut off. */
    private static long cutTornLine(FileChannel channel) throws IOException {
        long end = lineStart(channel, channel.size());
        if (end < channel.size()) {
            channel.truncate(end);
            channel.force(true);
        }
        return end;
    }

    /** Behind the last line feed before a position; 0 when there is none. */
    private static long lineStart(FileChannel channel, long before) throws IOException {
        long start = before;
        ByteBuffer one = ByteBuffer.allocate(1);
        while (start > 0) {
            one.clear();
            channel.read(one, start - 1);
            if (one.get(0) == '\n') {
                break;
            }
            start--;
        }
        return start;
    }

    /** Nothing can follow a last line that is no record: this chain is not gone on with. */
    private static AuditRecord lastOf(Path file, FileChannel channel, long end) throws IOException {
        long start = lineStart(channel, end - 1);
        ByteBuffer line = ByteBuffer.allocate((int) (end - 1 - start));
        while (line.hasRemaining() && channel.read(line, start + line.position()) >= 0) {
            continue;
        }
        return record(new String(line.array(), StandardCharsets.UTF_8))
                .orElseThrow(() -> new Problem("HF-4019", "the last line of the audit log " + file + " is no record",
                        "somebody changed it: keep the file, and move it out of the directory; its copy on another agent"
                                + " has the line.")
                        .toException());
    }

    /** The last record; null when there is none. */
    @Nullable
    AuditRecord last() {
        return last;
    }

    /** Appends records that follow the last one, with one fsync. */
    void append(List<AuditRecord> records) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        AuditRecord before = last;
        for (AuditRecord record : records) {
            if (!record.follows(before)) {
                throw new IllegalArgumentException("record " + record.number() + " does not follow in " + file);
            }
            bytes.writeBytes((SessionJson.write(record) + "\n").getBytes(StandardCharsets.UTF_8));
            before = record;
        }
        long start = -1;
        try {
            start = channel.position();
            ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(false);
            last = before;
        } catch (IOException e) {
            takeBack(start);
            throw unwritable(file, e);
        }
    }

    /** What was written in part must not stand before what is written next. */
    private void takeBack(long start) {
        try {
            if (start >= 0) {
                channel.truncate(start);
                channel.position(start);
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Goes through the lines of a file as they are, whatever they are; there are none when there is no such file. */
    static void read(Path file, Consumer<Line> to) {
        if (!Files.exists(file)) {
            return;
        }
        try (Stream<String> texts = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            int number = 0;
            for (String text : (Iterable<String>) texts::iterator) {
                number++;
                to.accept(new Line(number,
                        record(new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))));
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    private static Optional<AuditRecord> record(String text) {
        try {
            AuditRecord record = SessionJson.read(text, AuditRecord.class);
            // A line that says the same in other bytes was not written by this.
            return SessionJson.write(record).equals(text) ? Optional.of(record) : Optional.empty();
        } catch (HoldfastException | IllegalArgumentException | NullPointerException e) {
            return Optional.empty();
        }
    }

    private static void syncDirectory(Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static HoldfastException unwritable(Path file, IOException e) {
        return new HoldfastException(new Problem("HF-4015", "the audit log " + file + " cannot be written (" + e + ")",
                "nothing that must be recorded is done until it can; look at the disk and at the permissions."), e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }
}
