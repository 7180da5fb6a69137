package io.holdfast.backup;

import java.util.Optional;

/**
 * Where things are in a repository, readable by a person. A manifest names each of its objects, so that they could lie under
 * other names, sealed for other recipients say, without another layout.
 *
 * <pre>
 * CLUSTER/SYSTEM-ID/base/BACKUP-ID/manifest.json
 * CLUSTER/SYSTEM-ID/base/BACKUP-ID/shard-0001.tar.zst.age
 * CLUSTER/SYSTEM-ID/wal/TIMELINE/SEGMENT.zst.age
 * </pre>
 *
 * @param cluster the cluster's name
 * @param systemId the identifier of its database
 */
public record Layout(String cluster, SystemId systemId) {
    private static final String BASE = "base";
    private static final String WAL = "wal";

    /** Throws IllegalArgumentException when the cluster's name cannot be a folder. */
    public Layout {
        if (new RepositoryPath(cluster).isRoot() || cluster.indexOf('/') >= 0) {
            throw new IllegalArgumentException("not a cluster's name: '" + cluster + "'");
        }
    }

    /** The folder of a cluster, with a folder for each database that it ever was. */
    public static RepositoryPath ofCluster(String cluster) {
        return new RepositoryPath(cluster);
    }

    /** The folder of all that belongs to this database. */
    public RepositoryPath root() {
        return ofCluster(cluster).resolve(systemId.value());
    }

    /** The folder of all base backups. */
    public RepositoryPath backups() {
        return root().resolve(BASE);
    }

    /** The folder of one base backup. */
    public RepositoryPath backup(BackupId id) {
        return backups().resolve(id.toString());
    }

    /** The signed list of all objects of a backup; a backup without one is not complete. */
    public RepositoryPath manifest(BackupId id) {
        return backup(id).resolve("manifest.json");
    }

    /**
     * A part of a backup, an archive of files.
     *
     * @param number from 1
     */
    public RepositoryPath shard(BackupId id, int number, Form form) {
        return backup(id).resolve("shard-%04d.tar%s".formatted(number, form.ending()));
    }

    /**
     * Another object of a backup.
     *
     * @param name without the ending of the form
     */
    public RepositoryPath object(BackupId id, String name, Form form) {
        return backup(id).resolve(name + form.ending());
    }

    /** The image of the agents' shared state that was taken with a backup; sealed and signed by itself, and in no manifest. */
    public RepositoryPath state(BackupId id) {
        return backup(id).resolve("state.holdfast");
    }

    /** The story of a trial restore of a backup. */
    public RepositoryPath proof(BackupId id, Proof proof) {
        return backup(id).resolve(proof.name());
    }

    /** The folder of all archived WAL. */
    public RepositoryPath wal() {
        return root().resolve(WAL);
    }

    /** The folder of the WAL of a timeline; its history file lies there too. */
    public RepositoryPath wal(TimelineId timeline) {
        return wal().resolve(timeline.toString());
    }

    /** An archived file of WAL. */
    public RepositoryPath wal(WalFile file, Form form) {
        return wal(file.timeline()).resolve(file.fileName() + form.ending());
    }

    /**
     * An archived file of WAL, as an object's name tells it.
     *
     * @param file which
     * @param form how it is kept
     */
    public record Archived(WalFile file, Form form) {}

    /** Reads the name of an archived file of WAL; empty for any other object. */
    public Optional<Archived> readWal(RepositoryPath path) {
        for (Form form : Form.values()) {
            if (path.name().endsWith(form.ending())) {
                String fileName = path.name().substring(0, path.name().length() - form.ending().length());
                return WalFile.read(fileName)
                        .map(file -> new Archived(file, form))
                        .filter(archived -> wal(archived.file(), form).equals(path));
            }
        }
        return Optional.empty();
    }
}
