package io.holdfast.testkit.io;

import java.nio.file.Path;

/**
 * What a lab with backups has besides its members.
 *
 * @param directory the lab's
 */
public record LabBackups(Path directory) {
    /** Where backups and WAL are kept: a directory that all members share. */
    public Path repository() {
        return directory.resolve("repository");
    }

    /** The operator's private key, which opens backups. */
    public Path identity() {
        return keys().resolve("backup.key");
    }

    /** An empty directory for what is restored, on a disk that has room. */
    public Path restores() {
        return directory.resolve("restores");
    }

    Path keys() {
        return directory.resolve("keys");
    }
}
