package io.holdfast.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which files go into which shard. The same tree gives the same plan. A shard belongs to one root, the data directory or one
 * tablespace, so that it can be unpacked for itself. {@code pg_control} is in none of them: it is read after all others.
 *
 * @param shards in the order in which they are numbered
 */
public record BackupPlan(List<Shard> shards) {
    /** The file that goes last. */
    public static final String CONTROL = "global/pg_control";
    private static final String TABLESPACES = "pg_tblspc/";

    /** Takes an immutable copy. */
    public BackupPlan {
        shards = List.copyOf(shards);
    }

    /**
     * A shard to be made.
     *
     * @param directories made before the files
     * @param pieces what is read, in order
     */
    public record Shard(List<String> directories, List<Piece> pieces) {
        /** Takes immutable copies. */
        public Shard {
            directories = List.copyOf(directories);
            pieces = List.copyOf(pieces);
        }

        /** How much is read for it. */
        public long bytes() {
            return pieces.stream().mapToLong(Piece::sizeBytes).sum();
        }
    }

    /**
     * A file, or a part of one.
     *
     * @param file the file
     * @param offset where the part begins
     * @param sizeBytes how long it is
     */
    public record Piece(SourceFile file, long offset, long sizeBytes) {
        /** Whether it is all of the file. */
        public boolean isWhole() {
            return sizeBytes == file.sizeBytes();
        }
    }

    /**
     * The plan for a tree.
     *
     * @param stored the pieces that an earlier attempt has stored, cut by the same sizes
     */
    public static BackupPlan of(SourceTree tree, ShardSizes sizes, Set<Piece> stored) {
        Map<String, Root> roots = new TreeMap<>();
        tree.directories().forEach(path -> root(roots, path).directories.add(path));
        tree.files()
                .stream()
                .filter(file -> !file.path().equals(CONTROL))
                .forEach(file -> root(roots, file.path()).files.add(file));
        List<Shard> shards = new ArrayList<>();
        roots.values().forEach(root -> root.cut(sizes, stored, shards));
        return new BackupPlan(shards);
    }

    private static Root root(Map<String, Root> roots, String path) {
        return roots.computeIfAbsent(rootOf(path), _ -> new Root());
    }

    /** Empty for the data directory, {@code pg_tblspc/OID} for a tablespace. */
    private static String rootOf(String path) {
        if (!path.startsWith(TABLESPACES)) {
            return "";
        }
        int end = path.indexOf('/', TABLESPACES.length());
        return end < 0 ? path : path.substring(0, end);
    }

    private static final class Root {
        private final List<String> directories = new ArrayList<>();
        private final List<SourceFile> files = new ArrayList<>();

        void cut(ShardSizes sizes, Set<Piece> stored, List<Shard> shards) {
            List<Piece> bundle = new ArrayList<>();
            List<String> first = directories;
            long bytes = 0;
            for (SourceFile file : files) {
                for (Piece piece : pieces(file, sizes)) {
                    if (stored.contains(piece)) {
                        continue;
                    }
                    if (!bundle.isEmpty() && bytes + piece.sizeBytes() > sizes.bundleBytes()) {
                        shards.add(new Shard(first, bundle));
                        first = List.of();
                        bundle = new ArrayList<>();
                        bytes = 0;
                    }
                    bundle.add(piece);
                    bytes += piece.sizeBytes();
                }
            }
            if (!bundle.isEmpty() || !first.isEmpty()) {
                shards.add(new Shard(first, bundle));
            }
        }

        private static List<Piece> pieces(SourceFile file, ShardSizes sizes) {
            List<Piece> pieces = new ArrayList<>();
            long offset = 0;
            do {
                long length = Math.min(sizes.pieceBytes(), file.sizeBytes() - offset);
                pieces.add(new Piece(file, offset, length));
                offset += length;
            } while (offset < file.sizeBytes());
            return pieces;
        }
    }
}
