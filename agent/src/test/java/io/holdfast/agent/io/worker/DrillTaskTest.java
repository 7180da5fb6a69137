package io.holdfast.agent.io.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.io.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker that was killed has left of a trial restore. */
final class DrillTaskTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    /** A directory of a trial, with a process that its lock file names. */
    private Process left(String name, boolean itsServer) throws IOException {
        Path data = Files.createDirectories(directory.resolve(name).resolve("data"));
        Process process = new ProcessBuilder("sleep", "600").directory(itsServer ? data.toFile() : directory.toFile())
                .start();
        Files.writeString(data.resolve("postmaster.pid"), process.pid() + "\n" + data + "\n");
        return process;
    }

    @Test
    void isRemovedWithItsServerAndNothingElse() throws IOException {
        Process server = left("state/worker/drill-db1-1", true);
        Process another = left("room/drill-db1-2", false);
        Process other = left("room/drill-db2-3", true);
        try (Backups backups = new Backups(ConfigLoader.read("""
                cluster: {name: orders}
                member: db1
                state: state
                postgresql: {data: data, address: '127.0.0.1:5432'}
                backup: {repository: 'file:%s', encryption: none, drill: {directory: room}}
                """.formatted(directory.resolve("repository")), directory, _ -> null))) {
            new DrillTask(backups).removeWhatIsLeft();
            assertFalse(server.isAlive());
            assertTrue(another.isAlive(), "the number of a server that is gone is another process's by now");
            assertTrue(other.isAlive(), "it is of another member, who may be at it");
        } finally {
            List.of(server, another, other).forEach(Process::destroyForcibly);
        }
        assertEquals(List.of(), names("state/worker"));
        assertEquals(List.of("drill-db2-3"), names("room"));
    }

    private List<String> names(String folder) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
