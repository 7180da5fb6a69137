package io.holdfast.config.io;

import io.holdfast.config.BackupConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.Finding;
import io.holdfast.config.RepositoryAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Looks at what backups need on this machine. An object store is not asked: that is for the backups themselves. */
final class DoctorBackup {
    private static final Set<PosixFilePermission> OTHERS = Set.of(PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);
    private static final String IDENTITY = "AGE-SECRET-KEY-1";

    private final BackupConfig backup;
    private final List<Path> searched;

    /**
     * Of a node.
     *
     * @param searched where programs are looked for
     */
    DoctorBackup(BackupConfig backup, List<Path> searched) {
        this.backup = backup;
        this.searched = searched;
    }

    List<Finding> check() throws IOException {
        List<Finding> findings = new ArrayList<>();
        if (backup.repository() instanceof RepositoryAddress.Directory directory) {
            findings.addAll(repository(directory.path()));
        }
        switch (backup.encryption()) {
            case Encryption.None _ -> findings.add(Finding.warning("HF-0080",
                    "backup.encryption: backups can be read by everybody who gets at the repository",
                    "make a pair of keys with 'holdfast keys new' and name the public one in backup.recipients."));
            case Encryption.To _ -> findings.addAll(walIdentity());
        }
        Path signingKey = backup.signingKey();
        if (signingKey != null) {
            findings.addAll(privateKey("backup.signing-key", signingKey, "BEGIN PRIVATE KEY"));
        }
        BackupConfig.Drill drill = backup.drill();
        if (drill != null) {
            findings.addAll(drill(drill));
        }
        return findings;
    }

    private List<Finding> drill(BackupConfig.Drill drill) throws IOException {
        List<Finding> findings = new ArrayList<>();
        Path identity = drill.identity();
        if (identity != null && backup.encryption() instanceof Encryption.To) {
            findings.addAll(privateKey("backup.drill.identity", identity, IDENTITY));
        }
        Path sql = drill.sql();
        if (sql != null && !Files.isReadable(sql)) {
            findings.add(Finding.error("HF-0085", "backup.drill.sql: " + sql + " is not there or cannot be read",
                    "put it there, or remove the key."));
        }
        Path directory = drill.directory();
        if (directory != null && !(Files.isDirectory(directory) && Files.isWritable(directory))) {
            findings.add(Finding.error("HF-0063",
                    "backup.drill.directory: " + directory + " is not a directory that can be written",
                    "let it belong to the user that runs the agent."));
        }
        return findings;
    }

    /** What PostgreSQL archives and fetches WAL by is a script that asks by it. PostgreSQL has the PATH of its agent. */
    List<Finding> curl() {
        return SearchPath.has(searched, "curl")
                ? List.of()
                : List.of(Finding.error("HF-0084",
                        "backup: the program curl is not there, without which PostgreSQL archives no WAL",
                        "install curl, or add its directory to the PATH of the agent."));
    }

    /** It is made by the first backup, in a directory that must be there: else a disk that is not mounted would not be missed. */
    private static List<Finding> repository(Path directory) {
        if (Files.exists(directory)) {
            return Files.isDirectory(directory) && Files.isWritable(directory)
                    ? List.of()
                    : List.of(Finding.error("HF-0063",
                            "backup.repository: " + directory + " is not a directory that can be written",
                            "let it belong to the user that runs the agent."));
        }
        Path parent = directory.resolveSibling("");
        return Files.isDirectory(parent) && Files.isWritable(parent)
                ? List.of()
                : List.of(Finding.error("HF-0064",
                        "backup.repository: " + directory + " is not there and cannot be made in " + parent,
                        "make it, and let it belong to the user that runs the agent; is its disk mounted?"));
    }

    private List<Finding> walIdentity() throws IOException {
        Path file = backup.walIdentity();
        return file == null
                ? List.of(Finding.warning("HF-0081",
                        "backup.wal-identity: without it this node archives no WAL, and can read none of the archive",
                        "make one with 'holdfast keys new --name wal' and name it here."))
                : privateKey("backup.wal-identity", file, IDENTITY);
    }

    private static List<Finding> privateKey(String key, Path file, String mark) throws IOException {
        if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
            return List.of(Finding.error("HF-0082", key + ": " + file + " is not there or cannot be read",
                    "put it there, readable for the user that runs the agent."));
        }
        List<Finding> findings = new ArrayList<>();
        if (!Files.readString(file, StandardCharsets.ISO_8859_1).contains(mark)) {
            findings.add(Finding.error("HF-0083", key + ": " + file + " holds no such key",
                    "a line of it begins with " + mark + "."));
        }
        if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
            findings.add(Finding.error("HF-0076", key + ": " + file + " can be read or written by others",
                    "chmod 0600 " + file + "."));
        }
        return findings;
    }
}
