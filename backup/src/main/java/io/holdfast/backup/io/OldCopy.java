package io.holdfast.backup.io;

import io.holdfast.backup.Assembly;
import io.holdfast.backup.BlockHash;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RelationFile;
import io.holdfast.backup.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an old copy of a database has of a backup already: the pages of tables and indexes by the hashes of the backup's block map,
 * where that can be opened, all other files by size and checksum.
 */
final class OldCopy implements AutoCloseable {
    private static final int PAGE = RelationFile.PAGE_BYTES;
    /** Pages that are read at a time. */
    private static final int WINDOW = 128;

    private final @Nullable BlockMap map;
    private final @Nullable BlockHash hash;

    /** Where the hashes are known; null: of no file. */
    OldCopy(@Nullable BlockMap map) {
        this.map = map;
        this.hash = map == null ? null : new BlockHash(map.key());
    }

    /**
     * Of a backup.
     *
     * @param scratch a directory with room for a thousandth of the database
     */
    static OldCopy of(Repository repository, @Nullable Identity identity, Manifest backup, Path scratch) {
        return new OldCopy(BlockMaps.read(repository, backup.layout(), backup.id(), backup.form(), identity,
                scratch) instanceof BlockMaps.Found.Open open ? open.map() : null);
    }

    /** What is to be written of a file; empty when it is there, byte for byte. */
    Optional<List<Assembly.Range>> missing(PostgresFiles.File file, Path path) throws IOException {
        if (map == null || hash == null || !map.contains(file.path())
                || !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return file.isThere(path) ? Optional.empty() : Optional.of(Assembly.whole(file.sizeBytes()));
        }
        List<Assembly.Range> missing = new ArrayList<>();
        long[] pages = map.hashes(file.path(), 0, map.pages(file.path()));
        long same = 0;
        try (BulkFile in = BulkFile.open(path)) {
            byte[] window = new byte[Math.min(pages.length, WINDOW) * PAGE];
            for (int page = 0; page < pages.length; page += WINDOW) {
                int whole = in.read((long) page * PAGE, window, 0, window.length) / PAGE;
                for (int i = 0; i < Math.min(whole, pages.length - page); i++) {
                    if (hash.of(window, i * PAGE) == pages[page + i]) {
                        long at = (long) (page + i) * PAGE;
                        add(missing, same, at);
                        same = at + PAGE;
                    }
                }
                if (whole < WINDOW) {
                    break;
                }
            }
            add(missing, same, file.sizeBytes());
            return missing.isEmpty() && in.sizeBytes() == file.sizeBytes() ? Optional.empty() : Optional.of(missing);
        }
    }

    private static void add(List<Assembly.Range> ranges, long from, long to) {
        if (from < to) {
            ranges.add(new Assembly.Range(from, to));
        }
    }

    @Override
    public void close() throws IOException {
        if (map != null) {
            map.close();
        }
    }
}
