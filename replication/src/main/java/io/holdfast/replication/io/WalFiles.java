package io.holdfast.replication.io;

import io.holdfast.statesync.Lsn;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the names and the first bytes in {@code pg_wal} tell (access/xlog_internal.h, access/xlogrecord.h). */
final class WalFiles {
    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");
    private static final int PAGE = 8192;
    private static final int SHORT_HEADER = 24;
    private static final int LONG_HEADER = 40;

    private final Path directory;

    WalFiles(Path data) {
        this.directory = data.resolve("pg_wal");
    }

    /** The name of the segment that holds the byte before a position. */
    static String segmentBefore(int timelineId, Lsn end, long segmentBytes) {
        return name(timelineId, Long.divideUnsigned(Math.max(end.bytes() - 1, 0), segmentBytes), segmentBytes);
    }

    /** The name of a segment. */
    static String name(int timelineId, long segment, long segmentBytes) {
        long perFile = 0x1_0000_0000L / segmentBytes;
        return String.format(Locale.ROOT, "%08X%08X%08X", timelineId, segment / perFile, segment % perFile);
    }

    /**
     * The timeline that WAL ending at a position is on: the highest one that has a segment for it. A standby's control file says
     * so only after its next restart point.
     *
     * @param atLeast the timeline of the last checkpoint
     */
    int timelineAt(Lsn end, long segmentBytes, int atLeast) throws IOException {
        String suffix = segmentBefore(0, end, segmentBytes).substring(8);
        int highest = atLeast;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*" + suffix)) {
            for (Path file : found) {
                String name = file.getFileName().toString();
                if (name.length() == 24) {
                    highest = Math.max(highest, Integer.parseUnsignedInt(name.substring(0, 8), 16));
                }
            }
        }
        return highest;
    }

    /** The beginning of the oldest WAL that is there, of any timeline; null when there is none. */
    @Nullable
    Lsn oldest(long segmentBytes) throws IOException {
        long perFile = 0x1_0000_0000L / segmentBytes;
        long oldest = Long.MAX_VALUE;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            for (Path file : found) {
                String name = file.getFileName().toString();
                if (SEGMENT.matcher(name).matches()) {
                    oldest = Math.min(oldest, Long.parseLong(name, 8, 16, 16) * perFile
                            + Long.parseLong(name, 16, 24, 16));
                }
            }
        }
        return oldest == Long.MAX_VALUE ? null : new Lsn(oldest * segmentBytes);
    }

    /** The segment that is last in the order of their positions, and of several the one of the newest timeline; null when there is none. */
    @Nullable
    String newest() throws IOException {
        String newest = null;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            for (Path file : found) {
                String name = file.getFileName().toString();
                if (SEGMENT.matcher(name).matches() && (newest == null || place(name).compareTo(place(newest)) > 0)) {
                    newest = name;
                }
            }
        }
        return newest;
    }

    private static String place(String segment) {
        return segment.substring(8) + segment.substring(0, 8);
    }

    /** SHA-256 of the first bytes of a file, in hexadecimal digits. */
    static String hash(Path file, long most) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] part = new byte[1 << 16];
            long left = most;
            while (left > 0) {
                int read = in.read(part, 0, (int) Math.min(part.length, left));
                if (read < 0) {
                    break;
                }
                digest.update(part, 0, read);
                left -= read;
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    /** Where a timeline's history left each earlier timeline, by that one's id: what its history file says. */
    NavigableMap<Integer, Lsn> switches(int timelineId) throws IOException {
        NavigableMap<Integer, Lsn> found = new TreeMap<>();
        if (timelineId == 1) {
            return found;
        }
        Path file = directory.resolve(String.format(Locale.ROOT, "%08X.history", timelineId));
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            String[] words = line.strip().split("\\s+", -1);
            if (words.length > 1 && !words[0].startsWith("#")) {
                found.put(Integer.valueOf(words[0]), Lsn.parse(words[1]));
            }
        }
        return found;
    }

    /**
     * Whether the record that begins at a position is not wholly there.
     *
     * @param at the end of the record before it
     * @param end the end of the WAL on disk
     */
    boolean isRecordCut(Lsn at, Lsn end, long segmentBytes, int atLeast) throws IOException {
        long position = at.bytes() + headerAt(at.bytes(), segmentBytes);
        if (position + 4 > end.bytes()) {
            return true;
        }
        long segment = position / segmentBytes;
        int timeline = timelineAt(new Lsn(position + 1), segmentBytes, atLeast);
        long left;
        try (FileChannel channel = FileChannel.open(directory.resolve(name(timeline, segment, segmentBytes)),
                StandardOpenOption.READ)) {
            ByteBuffer length = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder());
            if (channel.read(length, position % segmentBytes) < 4) {
                return true;
            }
            left = length.getInt(0) & 0xffffffffL;
        } catch (NoSuchFileException e) {
            return true;
        }
        if (left == 0) {
            return true;
        }
        while (left > 0 && position <= end.bytes()) {
            position += headerAt(position, segmentBytes);
            long inPage = Math.min(left, PAGE - position % PAGE);
            position += inPage;
            left -= inPage;
        }
        return left > 0 || position > end.bytes();
    }

    private static int headerAt(long position, long segmentBytes) {
        return position % segmentBytes == 0 ? LONG_HEADER : position % PAGE == 0 ? SHORT_HEADER : 0;
    }
}
