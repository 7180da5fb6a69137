package io.holdfast.replication.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The history files of timelines in {@code pg_wal} (access/transam/timeline.c). A promotion takes the first number above its own
 * that has none, so a number that another member has made, and this one has never received, is taken by a file that says no
 * history. The numbers below are filled likewise, where a clone lacks them: a walreceiver asks its primary for the file of every
 * timeline above its own (replication/walreceiver.c, WalRcvFetchTimeLineHistoryFiles).
 */
final class HistoryFiles {
    /** A comment to PostgreSQL: no timeline descends from anything by it. */
    private static final byte[] TAKEN = "# taken by a timeline that this server has never received\n"
            .getBytes(StandardCharsets.US_ASCII);
    private static final Pattern NAME = Pattern.compile("[0-9A-F]{8}\\.history");

    private final Path directory;
    private final DurableFiles files;

    HistoryFiles(Path data, DurableFiles files) {
        this.directory = data.resolve("pg_wal");
        this.files = files;
    }

    /** Takes every number that has no file, so that a promotion makes a higher one. */
    void take(int highest) throws IOException {
        for (int id = 2; id <= highest; id++) {
            Path file = file(id);
            if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
                files.write(file, TAKEN);
            }
        }
    }

    /**
     * Gives back the numbers above the newest timeline that is really there: PostgreSQL would aim at the highest, and not start
     * as a standby, since that one does not descend from its own. Those below stay, or it would not find the newest.
     */
    void giveBack() throws IOException {
        NavigableMap<Integer, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*.history")) {
            for (Path file : all) {
                String name = file.getFileName().toString();
                if (NAME.matcher(name).matches()) {
                    found.put(Integer.parseUnsignedInt(name, 0, 8, 16), file);
                }
            }
        }
        for (Path file : found.descendingMap().values()) {
            if (!Arrays.equals(Files.readAllBytes(file), TAKEN)) {
                return;
            }
            files.delete(file);
        }
    }

    private Path file(int id) {
        return directory.resolve(String.format(Locale.ROOT, "%08X.history", id));
    }
}
