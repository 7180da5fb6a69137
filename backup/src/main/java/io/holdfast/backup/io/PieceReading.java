package io.holdfast.backup.io;

import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RelationFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads one piece of a file into an archive: all of it, or the pages that the parent does not have. */
final class PieceReading {
    private static final int PAGE = RelationFile.PAGE_BYTES;
    /** Unchanged pages between changed ones that are stored with them: cheaper than another member. */
    private static final int GAP_PAGES = 4;

    private final ReadOptions options;
    private final PageReader pages;
    private final BackupPlan.Piece piece;
    private final @Nullable BulkFile file;
    private final String path;
    private final Optional<RelationFile> relation;
    private final CRC32C crc = new CRC32C();
    private final long[] hashes;
    /** The parent's, where it has the file. */
    private final long[] known;
    private final boolean compares;
    private final List<Manifest.Piece> stored = new ArrayList<>();

    /** Of a file; null for one that has gone. */
    PieceReading(ReadOptions options, PageReader pages, BackupPlan.Piece piece, @Nullable BulkFile file)
            throws IOException {
        this.options = options;
        this.pages = pages;
        this.piece = piece;
        this.file = file;
        this.path = piece.file().path();
        this.relation = RelationFile.read(path);
        this.hashes = new long[relation.isPresent() ? (int) (piece.sizeBytes() / PAGE) : 0];
        BlockMap parent = options.parent();
        this.compares = parent != null && relation.isPresent() && parent.contains(path);
        this.known = parent == null ? new long[0] : parent.hashes(path, piece.offset() / PAGE, hashes.length);
    }

    ShardRead.PieceRead into(TarWriter tar) throws IOException {
        if (!compares) {
            Manifest.Piece part = new Manifest.Piece(path, piece.offset(), piece.sizeBytes(),
                    piece.file().sizeBytes());
            tar.file(piece.isWhole() ? path : ShardContent.partName(part), piece.sizeBytes(),
                    ShardContent.modifiedSeconds(piece));
            stored.add(part);
        }
        for (long done = 0; done < piece.sizeBytes(); done += PageReader.WINDOW) {
            int length = (int) Math.min(PageReader.WINDOW, piece.sizeBytes() - done);
            options.pace().step(length);
            read(piece.offset() + done, length, (int) (done / PAGE));
            if (compares) {
                changes(piece.offset() + done, length, (int) (done / PAGE), tar);
            } else {
                tar.write(pages.window(), 0, length);
            }
        }
        if (stored.isEmpty()) {
            stored.add(new Manifest.Piece(path, piece.offset(), 0, piece.file().sizeBytes()));
        }
        return new ShardRead.PieceRead(piece, true, (int) crc.getValue(), hashes.length, stored);
    }

    /** The hashes of its pages, once it was read. */
    long[] hashes() {
        return hashes;
    }

    private void read(long offset, int length, int firstHash) throws IOException {
        pages.fill(file, offset, length);
        if (relation.isPresent()) {
            if (options.checksums()) {
                pages.check(file, path, relation.get(), offset, length);
            }
            for (int at = 0; at + PAGE <= length; at += PAGE) {
                hashes[firstHash + at / PAGE] = options.hash().of(pages.window(), at);
            }
        }
        crc.update(pages.window(), 0, length);
    }

    /** Stores the runs of changed pages in the window; a page that is cut short counts as changed. */
    private void changes(long offset, int length, int firstHash, TarWriter tar) throws IOException {
        int count = (length + PAGE - 1) / PAGE;
        int start = -1;
        int end = -1;
        for (int i = 0; i < count; i++) {
            boolean whole = (i + 1) * PAGE <= length;
            int page = firstHash + i;
            if (whole && page < known.length && known[page] == hashes[page]) {
                continue;
            }
            if (start >= 0 && i - end > GAP_PAGES) {
                run(offset, length, start, end, tar);
                start = i;
            } else if (start < 0) {
                start = i;
            }
            end = i + 1;
        }
        if (start >= 0) {
            run(offset, length, start, end, tar);
        }
    }

    private void run(long offset, int length, int start, int end, TarWriter tar) throws IOException {
        int bytes = Math.min(end * PAGE, length) - start * PAGE;
        Manifest.Piece part = new Manifest.Piece(path, offset + (long) start * PAGE, bytes, piece.file().sizeBytes());
        tar.file(ShardContent.partName(part), bytes, ShardContent.modifiedSeconds(piece));
        tar.write(pages.window(), start * PAGE, bytes);
        stored.add(part);
    }
}
