package io.holdfast.backup.io;

import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.SystemId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** What a data directory tells of its database, whether or not the server runs. */
public final class DatabaseFiles {
    private DatabaseFiles() {}

    /**
     * The identifier of the database: the first eight bytes of its control file, in the machine's order
     * (catalog/pg_control.h), in every version.
     *
     * @param data the data directory
     * @return empty when there is no database
     * @throws IOException when the file is there and cannot be read
     */
    public static Optional<SystemId> systemId(Path data) throws IOException {
        byte[] control;
        try {
            control = Files.readAllBytes(data.resolve(BackupPlan.CONTROL));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (control.length < Long.BYTES) {
            throw new IOException(data.resolve(BackupPlan.CONTROL) + " has " + control.length + " bytes");
        }
        long id = ByteBuffer.wrap(control).order(ByteOrder.nativeOrder()).getLong();
        return Optional.of(new SystemId(Long.toUnsignedString(id)));
    }
}
