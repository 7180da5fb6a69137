package io.holdfast.backup;

import io.holdfast.config.Recipient;
import io.holdfast.statesync.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a base backup is made of: enough to find, check and restore it from the repository alone. It is stored last, so that
 * a backup that has one is complete. It is not sealed, and so tells names and sizes, and nothing of what is in the files.
 *
 * @param format of this record, {@link #FORMAT} today; a reader refuses a greater one
 * @param cluster the cluster's name
 * @param systemId the identifier of its database
 * @param id the backup's name
 * @param parent the backup that this one follows; null for a full one
 * @param finishedAt when its last object was stored
 * @param member on which member it was taken
 * @param fromStandby whether that was a standby
 * @param server what the database is like
 * @param wal what of the WAL belongs to it
 * @param form how its objects are kept
 * @param recipients whom they are sealed for; empty when they are not
 * @param tablespaces those besides the two that lie in the data directory
 * @param label PostgreSQL's {@code backup_label}, byte for byte; it lies in a shard too
 * @param objects all objects but this
 * @param verdict what was seen of the data while it was read
 * @param signer who signs it
 */
public record Manifest(int format, String cluster, SystemId systemId, BackupId id, @Nullable BackupId parent,
        Instant finishedAt, String member, boolean fromStandby, Server server, WalRange wal, Form form,
        List<Recipient> recipients, List<Tablespace> tablespaces, String label, List<BackupObject> objects,
        Verdict verdict, SignerKey signer) {
    /** The format that is written. */
    public static final int FORMAT = 1;

    /** Takes immutable copies; throws IllegalArgumentException when it contradicts itself. */
    public Manifest {
        recipients = List.copyOf(recipients);
        tablespaces = List.copyOf(tablespaces);
        objects = List.copyOf(objects);
        require(recipients.isEmpty() == (form == Form.COMPRESSED),
                "it is sealed for nobody, or for somebody and not sealed");
        require((parent == null) == (id.kind() == BackupId.Kind.FULL),
                "only an incremental backup follows another one");
        require(objects.stream().map(BackupObject::name).distinct().count() == objects.size(),
                "an object stands in it twice");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("not a manifest: " + otherwise);
        }
    }

    /**
     * What the database is like.
     *
     * @param versionNumber PostgreSQL's {@code server_version_num}, such as 150004
     * @param walSegmentSize how many bytes of WAL are in a segment
     * @param checksums whether its pages have checksums
     */
    public record Server(int versionNumber, WalSegmentSize walSegmentSize, boolean checksums) {}

    /**
     * The WAL from the start to the stop: without all of it the backup cannot be made consistent.
     *
     * @param startTimeline the timeline at the start
     * @param start where the restore begins to replay
     * @param stopTimeline the timeline at the end
     * @param stop from where on it is consistent
     */
    public record WalRange(TimelineId startTimeline, Lsn start, TimelineId stopTimeline, Lsn stop) {}

    /**
     * A tablespace.
     *
     * @param oid its name in {@code pg_tblspc}
     * @param name its name in SQL
     * @param location where it was
     */
    public record Tablespace(String oid, String name, String location) {}

    /**
     * An object of the backup.
     *
     * @param name its name in the folder of the backup
     * @param kind what it is
     * @param fingerprint its bytes as they are stored
     * @param plainBytes what it holds when it is opened
     * @param files which files are in it; empty for other kinds than a shard
     */
    public record BackupObject(String name, Kind kind, Fingerprint fingerprint, long plainBytes, List<Piece> files) {

        /** What an object is. */
        public enum Kind {
            /** An archive of files. */
            SHARD,
            /** What the next incremental backup compares with. */
            BLOCK_MAP
        }

        /** Takes an immutable copy. */
        public BackupObject {
            files = List.copyOf(files);
        }
    }

    /**
     * A file in a shard, or a part of it.
     *
     * @param path where it lies: below the data directory, or {@code pg_tblspc/OID/…}
     * @param offset where the part begins in the file
     * @param sizeBytes how many bytes of the file are in the shard
     * @param fileBytes how long the whole file is
     */
    public record Piece(String path, long offset, long sizeBytes, long fileBytes) {
        /** Throws IllegalArgumentException for a path that leads out of the directory, and for a part that is not in the file. */
        public Piece {
            require(!path.isEmpty() && !path.startsWith("/") && !("/" + path + "/").contains("/../"),
                    "the file '" + path + "' would lie outside");
            require(offset >= 0 && sizeBytes >= 0 && offset <= fileBytes - sizeBytes,
                    "a part of '" + path + "' lies outside of it");
        }

        /** A whole file. */
        public static Piece whole(String path, long sizeBytes) {
            return new Piece(path, 0, sizeBytes, sizeBytes);
        }
    }

    /**
     * What was seen of the data.
     *
     * @param checkedPages how many pages had their checksum verified
     * @param corrupt the pages that failed; empty for a good backup
     */
    public record Verdict(long checkedPages, List<CorruptPage> corrupt) {
        /** Takes an immutable copy. */
        public Verdict {
            corrupt = List.copyOf(corrupt);
        }

        /** True when nothing was seen that is wrong. */
        public boolean isGood() {
            return corrupt.isEmpty();
        }
    }

    /**
     * A page whose checksum is wrong.
     *
     * @param path the file
     * @param block the page's number in the relation's file, from 0
     */
    public record CorruptPage(String path, long block) {
        @Override
        public String toString() {
            return path + " block " + block;
        }
    }

    /** Where an object of this backup lies. */
    public RepositoryPath path(BackupObject object) {
        return layout().backup(id).resolve(object.name());
    }

    /** Where this backup's objects are. */
    public Layout layout() {
        return new Layout(cluster, systemId);
    }

    /** What it takes in the repository, without its manifest. */
    public long storedBytes() {
        return objects.stream().mapToLong(object -> object.fingerprint().sizeBytes()).sum();
    }

    /** The bytes of the files that are in it. */
    public long plainBytes() {
        return objects.stream().mapToLong(BackupObject::plainBytes).sum();
    }

    /** All pieces of each file, in the order of their offsets, with the object that holds them. */
    public Map<String, List<Located>> files() {
        Map<String, List<Located>> files = new LinkedHashMap<>();
        for (BackupObject object : objects) {
            for (Piece piece : object.files()) {
                files.computeIfAbsent(piece.path(), _ -> new ArrayList<>()).add(new Located(object, piece));
            }
        }
        files.values()
                .forEach(pieces -> pieces
                        .sort((one, other) -> Long.compare(one.piece().offset(), other.piece().offset())));
        return Collections.unmodifiableMap(files);
    }

    /**
     * A piece of a file, and where it is.
     *
     * @param object the object that holds it
     * @param piece the piece
     */
    public record Located(BackupObject object, Piece piece) {}
}
