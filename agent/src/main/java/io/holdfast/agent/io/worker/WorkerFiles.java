package io.holdfast.agent.io.worker;

import io.holdfast.backup.io.WalCommands;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the worker's own files lie. The configuration alone says it, so that PostgreSQL's settings name them whether or not a worker
 * has ever run.
 *
 * @param directory all of them
 */
public record WorkerFiles(Path directory) {

    /** Of a node. */
    public static WorkerFiles of(HoldfastConfig config) {
        return new WorkerFiles(config.state().resolve("worker"));
    }

    /** What PostgreSQL calls, and whom that asks. */
    public WalCommands commands() {
        return WalCommands.of(directory, directory.resolve("wal.sock"));
    }

    /** For WAL that was fetched ahead. */
    public Path spool() {
        return directory.resolve("wal");
    }

    /**
     * What PostgreSQL archives by; empty where nothing is archived, or could be: what is sealed can only be compared with what the
     * archive has by who can open that.
     */
    public static Optional<String> archiveCommand(HoldfastConfig config) {
        BackupConfig backup = config.backup();
        return backup == null || lacksIdentity(backup)
                ? Optional.empty()
                : Optional.of(of(config).commands().archiveCommand());
    }

    static boolean lacksIdentity(BackupConfig backup) {
        return backup.encryption() instanceof Encryption.To && backup.walIdentity() == null;
    }
}
