package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * A file of the spool: records one behind the other, written at the end and read from the beginning. Only the {@link Spool} uses it,
 * and only while it holds its lock.
 */
final class SpoolSegment implements AutoCloseable {
    private final long number;
    private final Path file;
    private final FileChannel channel;
    /** Where the next record is written. */
    private long end;
    /** Where the first record is that is not done yet, or was not when it was looked at last. */
    private long next;
    private long points;
    private boolean sealed;

    /** A record that was read, and where. */
    record Found(long offset, SpoolRecord head, Optional<Batch> batch) {}

    /** What there was when a file of a former process was opened. */
    record Opened(SpoolSegment segment, long points, long damagedPoints, long tornBytes) {}

    private SpoolSegment(long number, Path file, FileChannel channel) {
        this.number = number;
        this.file = file;
        this.channel = channel;
    }

    /** A new one. */
    static SpoolSegment create(long number, Path file) throws IOException {
        return new SpoolSegment(number, file, FileChannel.open(file, StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /**
     * One that is there. Its process may have ended in the middle of a record: what is no whole record is cut off, and one whose lines
     * are damaged is done with.
     */
    static Opened open(long number, Path file) throws IOException {
        SpoolSegment segment = new SpoolSegment(number, file,
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
        try {
            long found = 0;
            long damaged = 0;
            long size = segment.channel.size();
            segment.end = size;
            while (true) {
                Found record = segment.read(segment.next);
                if (record == null) {
                    break;
                }
                segment.next += record.head.bytes();
                if (!record.head.isDone()) {
                    found += record.head.points();
                    if (record.batch.isEmpty()) {
                        damaged += record.head.points();
                        segment.mark(record);
                    }
                }
            }
            segment.end = segment.next;
            segment.channel.truncate(segment.end);
            segment.next = 0;
            segment.points = found - damaged;
            segment.sealed = true;
            return new Opened(segment, found, damaged, size - segment.end);
        } catch (IOException e) {
            segment.close();
            throw e;
        }
    }

    long number() {
        return number;
    }

    long bytes() {
        return end;
    }

    /** How many points are not done yet. */
    long points() {
        return points;
    }

    boolean isSealed() {
        return sealed;
    }

    /** Appends a batch; when that fails, the file ends where it did, or nothing is appended to it any more. */
    void append(Batch batch, Deflater deflater) throws IOException {
        ByteBuffer record = SpoolRecord.encode(batch, deflater);
        int bytes = record.remaining();
        try {
            for (long at = end; record.hasRemaining();) {
                at += channel.write(record, at);
            }
        } catch (IOException e) {
            sealed = true;
            channel.truncate(end);
            throw e;
        }
        end += bytes;
        points += batch.points();
    }

    /** Nothing more is appended, and what is there will survive the machine. */
    void seal() throws IOException {
        if (!sealed) {
            sealed = true;
            channel.force(false);
        }
    }

    /** The first record that is not done; null when there is none left. */
    @Nullable
    Found first() throws IOException {
        while (true) {
            Found record = read(next);
            if (record == null || !record.head.isDone()) {
                return record;
            }
            next += record.head.bytes();
        }
    }

    /** Says that a record is done. */
    void done(Found record) throws IOException {
        points -= record.head.points();
        if (record.offset == next) {
            next += record.head.bytes();
        }
        mark(record);
    }

    private void mark(Found record) throws IOException {
        channel.write(ByteBuffer.wrap(new byte[]{1}), record.offset + SpoolRecord.DONE_OFFSET);
    }

    /** When its first batch that is not done was put together; empty when that cannot be read. */
    OptionalLong formedMillis() {
        try {
            SpoolRecord head = head(next);
            for (long at = next; head != null && head.isDone(); head = head(at)) {
                at += head.bytes();
            }
            return head == null ? OptionalLong.empty() : OptionalLong.of(head.formedMillis());
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    private @Nullable SpoolRecord head(long offset) throws IOException {
        byte[] bytes = read(offset, SpoolRecord.HEAD_BYTES);
        return bytes == null ? null : SpoolRecord.head(bytes);
    }

    private @Nullable Found read(long offset) throws IOException {
        SpoolRecord head = head(offset);
        if (head == null) {
            return null;
        }
        byte[] lines = read(offset + SpoolRecord.HEAD_BYTES, head.length());
        return lines == null ? null : new Found(offset, head, Optional.ofNullable(head.decode(lines)));
    }

    private byte @Nullable [] read(long offset, int length) throws IOException {
        if (offset + length > end) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                return null;
            }
        }
        return bytes.array();
    }

    /** Removes the file. */
    void remove() throws IOException {
        close();
        Files.deleteIfExists(file);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return file.getFileName() + " with " + points + " points";
    }
}
