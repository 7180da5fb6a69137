package io.holdfast.backup.io;

import io.holdfast.backup.Manifest;
import io.holdfast.backup.PageCheck;
import io.holdfast.backup.RelationFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Reads a file window by window, and looks at its pages. One thread's, for all files of a shard. */
final class PageReader {
    /** Whole pages; enough that system calls do not count, and so few that a dozen threads fit in a small heap. */
    static final int WINDOW = 1 << 20;
    private static final int PAGE = RelationFile.PAGE_BYTES;
    /** PostgreSQL writes a page in one go: what was torn is whole after this, but for a machine that stands still. */
    private static final long TORN_NANOS = 10_000_000;

    private final ReadOptions options;
    private final byte[] window = new byte[WINDOW];
    private final List<Manifest.CorruptPage> corrupt = new ArrayList<>();
    private final List<ShardRead.Doubtful> doubtful = new ArrayList<>();
    private long checked;

    PageReader(ReadOptions options) {
        this.options = options;
    }

    /** The bytes that were read last. */
    byte[] window() {
        return window;
    }

    long checked() {
        return checked;
    }

    List<Manifest.CorruptPage> corrupt() {
        return corrupt;
    }

    List<ShardRead.Doubtful> doubtful() {
        return doubtful;
    }

    /**
     * Fills the window; zeros where the file ends before.
     *
     * @param file null for one that has gone
     */
    void fill(@Nullable BulkFile file, long offset, int length) throws IOException {
        read(file, offset, 0, length);
    }

    private void read(@Nullable BulkFile file, long offset, int at, int length) throws IOException {
        int there = file == null ? 0 : file.read(offset, window, at, length);
        Arrays.fill(window, at + there, at + length, (byte) 0);
    }

    /** Looks at the whole pages of the window; those that seem wrong are read again before it is believed. */
    void check(@Nullable BulkFile file, String path, RelationFile relation, long offset, int length)
            throws IOException {
        List<Integer> wrong = new ArrayList<>();
        for (int at = 0; at + PAGE <= length; at += PAGE) {
            checked++;
            if (verdict(relation, offset, at) != PageCheck.Verdict.GOOD) {
                wrong.add(at);
            }
        }
        if (wrong.isEmpty()) {
            return;
        }
        LockSupport.parkNanos(TORN_NANOS);
        for (int at : wrong) {
            read(file, offset + at, at, PAGE);
            Manifest.CorruptPage page = new Manifest.CorruptPage(path, (offset + at) / PAGE);
            switch (verdict(relation, offset, at)) {
                case GOOD -> {
                }
                case NEWER -> doubtful.add(new ShardRead.Doubtful(page, PageCheck.lsn(window, at).bytes()));
                case WRONG -> corrupt.add(page);
            }
        }
    }

    private PageCheck.Verdict verdict(RelationFile relation, long offset, int at) {
        return PageCheck.check(window, at, relation.block((offset + at) / PAGE), options.start());
    }
}
