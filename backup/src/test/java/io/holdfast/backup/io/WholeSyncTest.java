package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WholeSyncTest {
    @TempDir
    Path temp;

    @Test
    void theFileSystemsOfSomePathsAreSynced() throws IOException {
        Path file = Files.writeString(temp.resolve("file"), "x");
        assertEquals(WholeSync.tellsErrors("Linux", System.getProperty("os.version")),
                WholeSync.of(List.of(temp, file, Path.of("/dev/shm"))));
        assertThrows(NoSuchFileException.class, () -> WholeSync.of(List.of(temp.resolve("nothing"))));
    }

    @ParameterizedTest
    @CsvSource({"Linux, 5.7.19-generic, false", "Linux, 5.8, true", "Linux, 5.10.0-28-amd64, true",
            "Linux, 6.1.0, true",
            "Linux, 4.18.0-553.el8, false", "Linux, unknown, false", "FreeBSD, 14.1-RELEASE, false"})
    void onlyAKernelThatTellsOfErrorsIsAsked(String system, String version, boolean tells) {
        if (tells) {
            assertTrue(WholeSync.tellsErrors(system, version));
        } else {
            assertFalse(WholeSync.tellsErrors(system, version));
        }
    }
}
