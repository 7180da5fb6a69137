package io.holdfast.statesync;

/**
 * A position in the write-ahead log, an unsigned byte offset (PostgreSQL manual, "pg_lsn Type").
 *
 * @param bytes the offset; compared without sign
 */
public record Lsn(long bytes) implements Comparable<Lsn> {
    /** The invalid position, before all WAL. */
    public static final Lsn ZERO = new Lsn(0);

    /**
     * Reads PostgreSQL's text form.
     *
     * @param text two hexadecimal numbers of up to 8 digits with a slash between, such as {@code 0/5000148}
     * @throws IllegalArgumentException when it is not of that form
     */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash > 8 || text.length() - slash < 2 || text.length() - slash > 9) {
            throw new IllegalArgumentException("not a WAL position: '" + text + "'");
        }
        try {
            long high = Long.parseLong(text, 0, slash, 16);
            long low = Long.parseLong(text, slash + 1, text.length(), 16);
            return new Lsn(high << 32 | low);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a WAL position: '" + text + "'", e);
        }
    }

    /** How many bytes this position is ahead of another one; negative when it is behind. */
    public long minus(Lsn other) {
        return bytes - other.bytes;
    }

    /** The greater of the two. */
    public Lsn max(Lsn other) {
        return compareTo(other) >= 0 ? this : other;
    }

    /** True when this position is after the other. */
    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public String toString() {
        return Long.toHexString(bytes >>> 32).toUpperCase(java.util.Locale.ROOT)
                + "/"
                + Long.toHexString(bytes & 0xffffffffL).toUpperCase(java.util.Locale.ROOT);
    }
}
