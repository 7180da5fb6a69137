package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * A batch as it lies in a segment of the spool: 32 bytes of head, then the lines, deflated. The head has a checksum of its own, so
 * that a record whose lines are damaged is still known for what it was, and the next one is found.
 *
 * @param length bytes of the lines as they lie there
 * @param plainLength bytes of the lines as they are sent
 * @param points how many there are
 * @param formedMillis when they were put together, in milliseconds since 1970
 * @param checksum of the lines as they lie there, CRC-32C
 * @param isDone whether they were sent, or given up
 */
record SpoolRecord(int length, int plainLength, int points, long formedMillis, int checksum, boolean isDone) {
    static final int HEAD_BYTES = 32;
    /** Where in a record stands whether it is done: one byte, written in place, covered by no checksum. */
    static final int DONE_OFFSET = 28;

    private static final int SUMMED_BYTES = 24;
    /** More is no batch of ours, and nobody is to make room for it. */
    private static final int MOST_BYTES = 1 << 28;

    /** Head and lines of a batch. */
    static ByteBuffer encode(Batch batch, Deflater deflater) {
        byte[] plain = batch.lines().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream packed = new ByteArrayOutputStream(plain.length / 4 + HEAD_BYTES);
        packed.write(new byte[HEAD_BYTES], 0, HEAD_BYTES);
        deflater.reset();
        deflater.setInput(plain);
        deflater.finish();
        byte[] chunk = new byte[8192];
        while (!deflater.finished()) {
            packed.write(chunk, 0, deflater.deflate(chunk));
        }
        ByteBuffer record = ByteBuffer.wrap(packed.toByteArray());
        int length = record.capacity() - HEAD_BYTES;
        record.putInt(length)
                .putInt(plain.length)
                .putInt(batch.points())
                .putLong(batch.formedMillis())
                .putInt(checksum(record.array(), HEAD_BYTES, length))
                .putInt(checksum(record.array(), 0, SUMMED_BYTES));
        return record.rewind();
    }

    /** The head that these bytes are; null when they are none. */
    static @Nullable SpoolRecord head(byte[] bytes) {
        ByteBuffer head = ByteBuffer.wrap(bytes);
        SpoolRecord record = new SpoolRecord(head.getInt(), head.getInt(), head.getInt(), head.getLong(), head.getInt(),
                bytes[DONE_OFFSET] != 0);
        boolean whole = head.getInt() == checksum(bytes, 0, SUMMED_BYTES);
        return whole && record.length >= 0 && record.length <= MOST_BYTES && record.plainLength >= 0
                && record.plainLength <= MOST_BYTES ? record : null;
    }

    /** The batch, given the lines as they lie there; null when they are damaged. */
    @Nullable
    Batch decode(byte[] packed) {
        if (checksum(packed, 0, packed.length) != checksum) {
            return null;
        }
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed);
            byte[] plain = new byte[plainLength];
            int read = 0;
            while (read < plainLength && !inflater.finished() && !inflater.needsInput()) {
                read += inflater.inflate(plain, read, plainLength - read);
            }
            return read == plainLength
                    ? new Batch(new String(plain, StandardCharsets.UTF_8), points, formedMillis)
                    : null;
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.end();
        }
    }

    int bytes() {
        return HEAD_BYTES + length;
    }

    private static int checksum(byte[] bytes, int from, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, length);
        return (int) sum.getValue();
    }
}
