package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryFailure.Kind;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What an error of the file system means for a repository. */
final class FileTrouble {
    /** With less room than this a write that failed is put down to it: the reason's text is in the system's language. */
    private static final long NO_ROOM_BYTES = 64 << 10;

    private FileTrouble() {}

    /** Why something could not be done below a directory. */
    static RepositoryFailure of(Path root, IOException error) {
        String reason = reason(error);
        if (reason.contains("No space left") || reason.contains("quota exceeded") || isFull(root)) {
            return new RepositoryFailure(Kind.FULL,
                    new Problem("HF-2001", "the repository " + root + " is full (" + reason + ")",
                            "make room on its disk, or let backups go with 'holdfast backup expire'."));
        }
        if (reason.contains("Read-only file system") || isReadOnly(root)) {
            return new RepositoryFailure(Kind.READ_ONLY,
                    new Problem("HF-2002", "the repository " + root + " cannot be written (" + reason + ")",
                            "see why its file system is mounted read-only: the kernel does that after errors of a disk."));
        }
        if (error instanceof AccessDeniedException || reason.contains("Operation not permitted")) {
            return new RepositoryFailure(Kind.DENIED,
                    new Problem("HF-2003", "the repository " + root + " refuses this user (" + reason + ")",
                            "it must belong to the user that runs the agent."));
        }
        if (!Files.isDirectory(root)) {
            return absent(root);
        }
        return new RepositoryFailure(Kind.UNREACHABLE,
                new Problem("HF-2004", "the repository " + root + " does not work (" + reason + ")",
                        "look at its disk or at the server that it is mounted from; it is tried again."));
    }

    /** That the repository's directory is not there. */
    static RepositoryFailure absent(Path root) {
        return new RepositoryFailure(Kind.UNREACHABLE,
                new Problem("HF-2004", "the repository's directory " + root + " is not there",
                        "if there have been backups, see that its disk is mounted; the first backup makes it."));
    }

    private static boolean isFull(Path root) {
        try {
            FileStore store = Files.getFileStore(root);
            return store.getTotalSpace() > 0 && store.getUsableSpace() < NO_ROOM_BYTES;
        } catch (IOException e) {
            // Not even that can be asked: then it is not known to be full.
            return false;
        }
    }

    private static boolean isReadOnly(Path root) {
        try {
            return Files.getFileStore(root).isReadOnly();
        } catch (IOException e) {
            // Not even that can be asked: then it is not known to be read-only.
            return false;
        }
    }

    private static String reason(IOException error) {
        if (error instanceof AccessDeniedException denied) {
            return "no access to " + denied.getFile();
        }
        if (error instanceof FileSystemException failed && failed.getReason() != null) {
            return failed.getFile() + ": " + failed.getReason();
        }
        return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    }
}
