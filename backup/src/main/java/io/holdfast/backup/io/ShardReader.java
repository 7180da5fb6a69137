package io.holdfast.backup.io;

import io.holdfast.backup.Assembly;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RepositoryPath;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * Takes a shard apart. Its files come in the order in which the manifest names their pieces; an entry has one piece, or several
 * that follow each other in the manifest, and its name may tell more than the file's.
 */
final class ShardReader {
    private final RepositoryPath path;
    private final TarReader tar;
    private final List<Manifest.Piece> pieces;
    private final Map<Integer, List<Assembly.Range>> wanted;
    private final Sink sink;
    private final byte[] buffer = new byte[1 << 17];
    private int next;

    private ShardReader(RepositoryPath path, InputStream plain, List<Manifest.Piece> pieces,
            Map<Integer, List<Assembly.Range>> wanted, Sink sink) {
        this.path = path;
        this.tar = new TarReader(plain, path);
        this.pieces = pieces;
        this.wanted = wanted;
        this.sink = sink;
    }

    /** Takes what is in a shard. */
    interface Sink {
        /** Takes nothing. */
        Sink NONE = new Sink() {
            @Override
            public void directory(String name) {}

            @Override
            public void write(String file, long at, byte[] bytes, int offset, int length) {}
        };

        /** There is a directory of this name. */
        void directory(String name) throws IOException;

        /** These bytes are at this place of a file. */
        void write(String file, long at, byte[] bytes, int offset, int length) throws IOException;
    }

    /** Reads to the end; throws HoldfastException where the archive is not what the manifest says. */
    static void read(RepositoryPath path, InputStream plain, List<Manifest.Piece> pieces,
            Map<Integer, List<Assembly.Range>> wanted, Sink sink) throws IOException {
        new ShardReader(path, plain, pieces, wanted, sink).run();
    }

    private void run() throws IOException {
        for (TarReader.Entry entry = tar.next(); entry != null; entry = tar.next()) {
            switch (entry.kind()) {
                case DIRECTORY -> sink.directory(entry.name());
                case FILE -> file(entry);
                case OTHER -> {
                }
            }
        }
        while (next < pieces.size()) {
            require(pieces.get(next).sizeBytes() == 0, "the file " + pieces.get(next).path() + " is not in it");
            next++;
        }
    }

    private void file(TarReader.Entry entry) throws IOException {
        long left = entry.sizeBytes();
        do {
            // A piece without bytes says how long a file is, and needs no entry.
            while (left > 0 && next < pieces.size() && pieces.get(next).sizeBytes() == 0) {
                next++;
            }
            require(next < pieces.size() || left == 0, "the file " + entry.name() + " is in no manifest");
            if (next == pieces.size()) {
                return;
            }
            Manifest.Piece piece = pieces.get(next);
            if (left == 0 && piece.sizeBytes() > 0) {
                return;
            }
            require(entry.name().startsWith(piece.path()) && piece.sizeBytes() <= left,
                    "there is " + entry.name() + " instead of " + piece.path());
            piece(piece, wanted.getOrDefault(next, List.of()));
            next++;
            left -= piece.sizeBytes();
        } while (left > 0);
    }

    private void piece(Manifest.Piece piece, List<Assembly.Range> ranges) throws IOException {
        long end = piece.offset() + piece.sizeBytes();
        for (long at = piece.offset(); at < end;) {
            int got = tar.read(buffer, 0, (int) Math.min(buffer.length, end - at));
            require(got > 0, "the file " + piece.path() + " ends early");
            for (Assembly.Range range : ranges) {
                long from = Math.max(at, range.from());
                long to = Math.min(at + got, range.to());
                if (from < to) {
                    sink.write(piece.path(), from, buffer, (int) (from - at), (int) (to - from));
                }
            }
            at += got;
        }
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Findings.otherContent(path, otherwise).toException();
        }
    }
}
