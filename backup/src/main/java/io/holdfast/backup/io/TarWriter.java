package io.holdfast.backup.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes an archive that every tar reads: ustar (POSIX.1-1988), and GNU's long names where a name does not fit. */
final class TarWriter {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final char FILE = '0';
    private static final char DIRECTORY = '5';
    private static final char LONG_NAME = 'L';

    private final OutputStream out;
    private final Owner owner;
    private long left;
    private int padding;

    TarWriter(OutputStream out, Owner owner) {
        this.out = out;
        this.owner = owner;
    }

    /**
     * Whose files they are.
     *
     * @param uid the user's number
     * @param gid the group's number
     * @param groupReads whether the group may read them
     */
    record Owner(int uid, int gid, boolean groupReads) {}

    /** A directory. */
    void directory(String path, long modifiedSeconds) throws IOException {
        entry(path + "/", DIRECTORY, 0, modifiedSeconds);
    }

    /** A file, whose bytes follow. */
    void file(String path, long sizeBytes, long modifiedSeconds) throws IOException {
        entry(path, FILE, sizeBytes, modifiedSeconds);
    }

    /** Some bytes of the file. */
    void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > left) {
            throw new IllegalStateException("more bytes than the file was said to have");
        }
        out.write(bytes, offset, length);
        left -= length;
        if (left == 0) {
            out.write(new byte[padding]);
            padding = 0;
        }
    }

    /** Ends the archive, and leaves the stream open. */
    void finish() throws IOException {
        if (left != 0) {
            throw new IllegalStateException("fewer bytes than the file was said to have");
        }
        out.write(new byte[2 * BLOCK]);
    }

    private void entry(String path, char type, long sizeBytes, long modifiedSeconds) throws IOException {
        if (left != 0) {
            throw new IllegalStateException("the file before is not finished");
        }
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name.length > NAME) {
            header("././@LongLink".getBytes(StandardCharsets.US_ASCII), LONG_NAME, name.length + 1, 0);
            write(Arrays.copyOf(name, name.length + 1), 0, name.length + 1);
        }
        header(name, type, sizeBytes, modifiedSeconds);
    }

    private void header(byte[] name, char type, long sizeBytes, long modifiedSeconds) throws IOException {
        byte[] header = new byte[BLOCK];
        System.arraycopy(name, 0, header, 0, Math.min(name.length, NAME));
        int mode = type == DIRECTORY ? owner.groupReads() ? 0750 : 0700 : owner.groupReads() ? 0640 : 0600;
        octal(header, 100, 8, mode);
        octal(header, 108, 8, owner.uid());
        octal(header, 116, 8, owner.gid());
        octal(header, 124, 12, sizeBytes);
        octal(header, 136, 12, Math.max(0, modifiedSeconds));
        Arrays.fill(header, 148, 156, (byte) ' ');
        header[156] = (byte) type;
        text(header, 257, "ustar  ");
        int sum = 0;
        for (byte value : header) {
            sum += value & 0xff;
        }
        // Six digits, a zero, a blank.
        octal(header, 148, 7, sum);
        header[154] = 0;
        out.write(header);
        left = sizeBytes;
        padding = (int) (-sizeBytes & BLOCK - 1);
    }

    /** Digits up to the last place, which is zero. */
    private static void octal(byte[] header, int at, int width, long value) {
        String digits = Long.toOctalString(value);
        if (digits.length() > width - 1) {
            throw new IllegalArgumentException("too great for a tar: " + value);
        }
        text(header, at, "0".repeat(width - 1 - digits.length()) + digits);
    }

    private static void text(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
