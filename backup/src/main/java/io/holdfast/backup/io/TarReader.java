package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryPath;
import io.holdfast.config.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the entries of a tar archive as POSIX (pax, ustar) and GNU write it, one after the other. */
final class TarReader {
    private static final int BLOCK = 512;

    private final InputStream in;
    private final RepositoryPath path;
    private final byte[] passed = new byte[1 << 16];
    private long left;
    private int padding;

    /**
     * Of an object.
     *
     * @param in what it holds
     * @param path its name, for people
     */
    TarReader(InputStream in, RepositoryPath path) {
        this.in = in;
        this.path = path;
    }

    /** What an entry is. */
    enum Kind {
        FILE, DIRECTORY, OTHER
    }

    /**
     * An entry.
     *
     * @param name where it lies, without a leading {@code ./} and without a slash at its end
     * @param kind what it is
     * @param sizeBytes of its content
     */
    record Entry(String name, Kind kind, long sizeBytes) {}

    /** The next entry; null at the end. What was not read of the last one is passed over. */
    @Nullable
    Entry next() throws IOException {
        skip(left + padding);
        String longName = null;
        long longSize = -1;
        while (true) {
            byte[] header = in.readNBytes(BLOCK);
            if (header.length < BLOCK) {
                throw none("it ends early");
            }
            if (isEmpty(header)) {
                // The rest, to the end: only then everything before has been verified.
                in.transferTo(OutputStream.nullOutputStream());
                return null;
            }
            requireSum(header);
            long size = number(header, 124, 12);
            char type = (char) header[156];
            if (type == 'x' || type == 'g' || type == 'L') {
                String text = new String(in.readNBytes(Math.toIntExact(size)), StandardCharsets.UTF_8);
                skip(padding(size));
                if (type == 'L') {
                    longName = text.substring(0, text.indexOf('\0') < 0 ? text.length() : text.indexOf('\0'));
                } else if (type == 'x') {
                    longName = pax(text, "path", longName);
                    String paxSize = pax(text, "size", null);
                    longSize = paxSize == null ? longSize : Long.parseLong(paxSize);
                }
                continue;
            }
            Kind kind = switch (type) {
                case '0', '\0', '7' -> Kind.FILE;
                case '5' -> Kind.DIRECTORY;
                default -> Kind.OTHER;
            };
            left = kind == Kind.FILE ? longSize >= 0 ? longSize : size : 0;
            padding = padding(left);
            return new Entry(plain(longName == null ? name(header) : longName), kind, left);
        }
    }

    /** Bytes of the content of this entry; -1 at its end. */
    int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
            return -1;
        }
        int got = in.read(buffer, offset, (int) Math.min(length, left));
        if (got < 0) {
            throw none("it ends in the middle of a file");
        }
        left -= got;
        return got;
    }

    private HoldfastException none(String what) {
        return Findings.otherContent(path, what).toException();
    }

    private void skip(long bytes) throws IOException {
        for (long rest = bytes; rest > 0;) {
            int got = in.read(passed, 0, (int) Math.min(rest, passed.length));
            if (got < 0) {
                throw none("it ends early");
            }
            rest -= got;
        }
        left = 0;
        padding = 0;
    }

    private static int padding(long size) {
        return (int) (-size & BLOCK - 1);
    }

    private static String name(byte[] header) {
        String name = text(header, 0, 100);
        String prefix = header[257] == 'u' && header[262] == 0 ? text(header, 345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String plain(String name) {
        String plain = name.startsWith("./") ? name.substring(2) : name;
        return plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
    }

    private static String text(byte[] header, int offset, int length) {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        return new String(header, offset, end - offset, StandardCharsets.UTF_8);
    }

    /** Octal digits, or, where the first bit is set, a binary number. */
    private long number(byte[] header, int offset, int length) {
        if ((header[offset] & 0x80) != 0) {
            long value = 0;
            for (int i = offset + length - 8; i < offset + length; i++) {
                value = value << 8 | header[i] & 0xff;
            }
            return value;
        }
        try {
            String digits = text(header, offset, length).strip();
            return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
        } catch (NumberFormatException e) {
            throw new HoldfastException(Findings.otherContent(path, "no tar archive"), e);
        }
    }

    private void requireSum(byte[] header) {
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        if (sum != number(header, 148, 8)) {
            throw none("no tar archive");
        }
    }

    /** The value of a key among records such as {@code 27 path=base/1/2\n} (POSIX, "pax Extended Header"). */
    private static @Nullable String pax(String text, String key, @Nullable String otherwise) {
        for (String line : text.split("\n", -1)) {
            int blank = line.indexOf(' ');
            if (blank > 0 && line.startsWith(key + "=", blank + 1)) {
                return line.substring(blank + key.length() + 2);
            }
        }
        return otherwise;
    }

    private static boolean isEmpty(byte[] block) {
        for (byte one : block) {
            if (one != 0) {
                return false;
            }
        }
        return true;
    }
}
