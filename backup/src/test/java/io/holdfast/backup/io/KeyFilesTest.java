package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.config.HoldfastException;
import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeyFilesTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void makesAPairThatAgeUses() throws IOException {
        KeyFiles.Pair pair = KeyFiles.create(directory.resolve("keys"), "backup");
        assertEquals(directory.resolve("keys/backup.key"), pair.identity());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(pair.identity())));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(pair.recipientFile())));
        assertEquals(pair.recipient() + "\n", Files.readString(pair.recipientFile()));
        assertEquals(pair.recipient() + "\n", Commands.must("age-keygen", "-y", pair.identity().toString()));
        try (Identity identity = Identity.read(pair.identity())) {
            assertEquals(List.of(pair.recipient()), identity.recipients());
        }
    }

    @Test
    void neverOverwrites() throws IOException {
        KeyFiles.Pair pair = KeyFiles.create(directory, "backup");
        String key = Files.readString(pair.identity());
        assertEquals("HF-2020", refused("backup"));
        assertEquals(key, Files.readString(pair.identity()));
        Files.delete(pair.identity());
        assertEquals("HF-2020", refused("backup"), "also when only the public key is left");
        assertFalse(Files.exists(pair.identity()), "nothing is left of what was refused");
    }

    @Test
    void refusesWhatItCannotWrite() throws IOException {
        assertEquals("HF-2024", refused("../x"));
        Files.writeString(directory.resolve("file"), "");
        assertEquals("HF-2021", assertThrows(HoldfastException.class,
                () -> KeyFiles.create(directory.resolve("file"), "backup")).problem().code());
    }

    private String refused(String name) {
        return assertThrows(HoldfastException.class, () -> KeyFiles.create(directory, name)).problem().code();
    }
}
