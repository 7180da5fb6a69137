package io.holdfast.backup.io;

import io.holdfast.backup.BackupPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;

/**
 * The control file, read after all data: a restore that puts it last cannot start from half of the files.
 *
 * @param bytes what is in it
 * @param modified when it was written
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
record ControlCopy(byte[] bytes, Instant modified) {

    /** The server writes it in one go: twice the same is one that was not caught in the middle. */
    static ControlCopy of(Path data) {
        Path file = data.resolve(BackupPlan.CONTROL);
        try {
            byte[] bytes = Files.readAllBytes(file);
            while (true) {
                byte[] again = Files.readAllBytes(file);
                if (Arrays.equals(bytes, again)) {
                    return new ControlCopy(bytes, Files.getLastModifiedTime(file).toInstant());
                }
                bytes = again;
            }
        } catch (IOException e) {
            throw BackupRun.unreadable(e);
        }
    }
}
