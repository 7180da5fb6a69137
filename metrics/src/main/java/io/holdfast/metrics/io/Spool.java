package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;

/**
 * Batches that wait on disk until the server is back, in order. Bounded: the oldest are dropped when there is no room, and each of
 * their points is counted.
 *
 * <p>The process may be killed at any instruction. A batch that was appended is then there, but for one that was being written: it
 * is cut off at the next start. A file is flushed to the disk when it is full, not with each batch, so that a machine which loses its power
 * loses at most one file of them. Whether a batch is done stands in the file too; the kernel may have lost that with the power, and
 * then the batch is sent again: a {@link io.holdfast.metrics.Point} that is written twice is there once.
 */
final class Spool implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("(\\d{16})\\.spool");
    private static final long MOST_SEGMENTS = 32;
    private static final long MOST_SEGMENT_BYTES = 8 << 20;
    private static final long LEAST_SEGMENT_BYTES = 4 << 10;

    private final Path directory;
    private final long mostBytes;
    private final long segmentBytes;
    private final SinkMetrics metrics;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<SpoolSegment> segments = new ArrayDeque<>();
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    private long nextNumber;
    private volatile long points;
    private volatile long bytes;
    private volatile OptionalLong oldestMillis = OptionalLong.empty();

    /** A batch that is being sent. */
    static final class Taken {
        private final SpoolSegment segment;
        private final SpoolSegment.Found record;
        private final Batch batch;
        private boolean dropped;

        private Taken(SpoolSegment segment, SpoolSegment.Found record, Batch batch) {
            this.segment = segment;
            this.record = record;
            this.batch = batch;
        }

        Batch batch() {
            return batch;
        }
    }

    private Optional<Taken> underWay = Optional.empty();

    /**
     * Opens a spool, with what a former process has left in it.
     *
     * @param directory made when it is not there
     * @param mostBytes how large its files may be together
     */
    Spool(Path directory, long mostBytes, SinkMetrics metrics) throws IOException {
        this.directory = directory;
        this.mostBytes = mostBytes;
        this.segmentBytes = Math.clamp(mostBytes / MOST_SEGMENTS, LEAST_SEGMENT_BYTES, MOST_SEGMENT_BYTES);
        this.metrics = metrics;
        Files.createDirectories(directory);
        TreeMap<Long, Path> files = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path file : all) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    files.put(Long.parseLong(name.group(1)), file);
                }
            }
        }
        nextNumber = files.isEmpty() ? 1 : files.lastKey() + 1;
        for (var file : files.entrySet()) {
            SpoolSegment.Opened opened = SpoolSegment.open(file.getKey(), file.getValue());
            metrics.queued.add((double) opened.points());
            metrics.dropped(SinkMetrics.Drop.DAMAGE, opened.damagedPoints());
            metrics.tornBytes.add((double) opened.tornBytes());
            if (opened.segment().points() == 0) {
                opened.segment().remove();
            } else {
                segments.add(opened.segment());
            }
        }
        measure();
    }

    /** How many points wait, those included that are being sent from here. */
    long points() {
        return points;
    }

    /** How large the files are together. */
    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return segments.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** When the oldest batch was put together, in milliseconds since 1970. */
    OptionalLong oldestMillis() {
        return oldestMillis;
    }

    /** The place in the order of a batch that is being sent from memory, for {@link #putBack}; only while nothing waits here. */
    long reserve() {
        lock.lock();
        try {
            if (!segments.isEmpty()) {
                throw new IllegalStateException("older batches wait in the spool");
            }
            return nextNumber++;
        } finally {
            lock.unlock();
        }
    }

    /** Puts a batch that could not be sent before all others. When it does not succeed, its points are counted as dropped. */
    void putBack(long place, Batch batch) throws IOException {
        lock.lock();
        try {
            SpoolSegment segment = create(place, batch);
            segments.addFirst(segment);
            write(segment, batch);
            segment.seal();
        } finally {
            lock.unlock();
        }
    }

    /** Puts a batch behind all others. When it does not succeed, its points are counted as dropped. */
    void append(Batch batch) throws IOException {
        lock.lock();
        try {
            if (segments.isEmpty() || segments.getLast().isSealed()) {
                segments.addLast(create(nextNumber++, batch));
            }
            SpoolSegment last = segments.getLast();
            write(last, batch);
            if (last.bytes() >= segmentBytes) {
                last.seal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The oldest batch, to be sent; then {@link #done} or {@link #giveBack}. Empty when none waits. */
    Optional<Taken> take() throws IOException {
        lock.lock();
        try {
            while (!segments.isEmpty()) {
                SpoolSegment segment = segments.getFirst();
                SpoolSegment.Found record = segment.first();
                if (record == null) {
                    // What the segment still believes to have cannot be read any more.
                    metrics.dropped(SinkMetrics.Drop.DAMAGE, segment.points());
                    forget(segment);
                } else if (record.batch().isEmpty()) {
                    metrics.dropped(SinkMetrics.Drop.DAMAGE, record.head().points());
                    finish(segment, record);
                } else {
                    underWay = Optional.of(new Taken(segment, record, record.batch().get()));
                    return underWay;
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The batch has arrived, or nobody wants it. */
    void done(Taken taken) throws IOException {
        lock.lock();
        try {
            underWay = Optional.empty();
            if (!taken.dropped) {
                finish(taken.segment, taken.record);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The batch is to be sent again, unless there was no room for it any more meanwhile. */
    void giveBack(Taken taken) {
        lock.lock();
        try {
            underWay = Optional.empty();
            if (taken.dropped) {
                metrics.dropped(SinkMetrics.Drop.SPOOL, taken.batch.points());
            }
        } finally {
            lock.unlock();
        }
    }

    private SpoolSegment create(long number, Batch batch) throws IOException {
        try {
            SpoolSegment segment = SpoolSegment.create(number,
                    directory.resolve(String.format(java.util.Locale.ROOT, "%016d.spool", number)));
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            }
            return segment;
        } catch (IOException e) {
            metrics.dropped(SinkMetrics.Drop.DISK, batch.points());
            throw e;
        }
    }

    private void write(SpoolSegment segment, Batch batch) throws IOException {
        try {
            segment.append(batch, deflater);
        } catch (IOException e) {
            metrics.dropped(SinkMetrics.Drop.DISK, batch.points());
            if (segment.points() == 0) {
                forget(segment);
            }
            throw e;
        }
        metrics.spooled.add(batch.points());
        measure();
        while (bytes > mostBytes) {
            dropOldest();
        }
    }

    /** A batch that is being sent may arrive all the same: what becomes of it is counted by {@link #done} or {@link #giveBack}. */
    private void dropOldest() throws IOException {
        SpoolSegment oldest = segments.getFirst();
        long lost = oldest.points();
        Taken taken = underWay.orElse(null);
        if (taken != null && taken.segment == oldest) {
            taken.dropped = true;
            lost -= taken.batch.points();
        }
        metrics.dropped(SinkMetrics.Drop.SPOOL, lost);
        forget(oldest);
    }

    private void finish(SpoolSegment segment, SpoolSegment.Found record) throws IOException {
        segment.done(record);
        if (segment.points() == 0) {
            forget(segment);
        }
        measure();
    }

    private void forget(SpoolSegment segment) throws IOException {
        segments.remove(segment);
        measure();
        segment.remove();
    }

    private void measure() {
        points = segments.stream().mapToLong(SpoolSegment::points).sum();
        bytes = segments.stream().mapToLong(SpoolSegment::bytes).sum();
        oldestMillis = segments.isEmpty() ? OptionalLong.empty() : segments.getFirst().formedMillis();
    }

    /** What waits stays for the next process. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            for (SpoolSegment segment : segments) {
                segment.seal();
                segment.close();
            }
            segments.clear();
            deflater.end();
        } finally {
            lock.unlock();
        }
    }
}
