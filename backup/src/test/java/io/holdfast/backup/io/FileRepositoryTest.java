package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.Content;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryContract;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryFailure.Kind;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.StoredObject;
import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileRepositoryTest extends RepositoryContract {
    private static final RepositoryPath NAME = new RepositoryPath("c/1/wal/x");

    @TempDir
    private Path directory = Path.of("");
    private Path root = Path.of("");

    @BeforeEach
    void ownDirectory() throws IOException {
        root = Files.createDirectory(directory.resolve("repository"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    @Override
    protected Repository repository() {
        return new FileRepository(root);
    }

    @Test
    void nobodyElseMayRead() throws IOException {
        Files.delete(root);
        repository().put(NAME, Content.of(new byte[1]));
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.toList()) {
                assertEquals(Files.isDirectory(file) ? "rwx------" : "rw-------",
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(file)), file::toString);
            }
        }
    }

    @Test
    void leavesNothingBesideTheObjects() throws IOException {
        repository().put(NAME, Content.of(new byte[1]));
        repository().put(NAME, Content.of(new byte[1]));
        repository().put(NAME, Content.of(new byte[2]));
        assertEquals(List.of("c/1/wal/x"), files());
        repository().delete(NAME);
        assertEquals(List.of(), files());
        assertTrue(Files.notExists(root.resolve("c")), "nor an empty folder");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).map(file -> root.relativize(file).toString()).toList();
        }
    }

    @Test
    void whatAKilledProcessLeftIsRemovedAndWhatALiveOneWritesIsNot() throws Exception {
        repository().put(NAME, Content.of(new byte[1]));
        Path left = root.resolve(".incoming/left");
        Path written = root.resolve(".incoming/written");
        Files.write(left, new byte[9]);
        Files.write(written, new byte[9]);
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), LockHolder.class.getName(), written.toString()).start();
        try {
            assertEquals("true", other.inputReader().readLine());
            repository().put(new RepositoryPath("c/2"), Content.of(new byte[1]));
            assertEquals(List.of(".incoming/written", "c/1/wal/x", "c/2"), files().stream().sorted().toList());
        } finally {
            other.getOutputStream().close();
            assertEquals(0, other.waitFor());
        }
        repository().put(new RepositoryPath("c/3"), Content.of(new byte[1]));
        assertEquals(List.of("c/1/wal/x", "c/2", "c/3"), files().stream().sorted().toList());
    }

    @Test
    void passesOverFilesThatAreNotOurs() throws IOException {
        repository().put(NAME, Content.of(new byte[1]));
        Files.createDirectories(root.resolve("lost+found/deeper"));
        Files.write(root.resolve("lost+found/deeper/a"), new byte[1]);
        Files.write(root.resolve("c/1/wal/.nfs0001"), new byte[1]);
        Files.createSymbolicLink(root.resolve("c/1/link"), root);
        Files.createDirectories(root.resolve("c/2/empty"));
        assertEquals(new ListResult.Listed(List.of(new StoredObject(NAME, 1))), repository().list(RepositoryPath.ROOT));
        assertEquals(new FoldersResult.Listed(List.of("c")), repository().folders(RepositoryPath.ROOT));
        assertEquals(new FoldersResult.Listed(List.of("1")), repository().folders(new RepositoryPath("c")));
    }

    @Test
    void aDirectoryThatIsNotThereIsNotAnEmptyRepository() throws IOException {
        Files.delete(root);
        assertEquals(Kind.UNREACHABLE,
                assertInstanceOf(GetResult.Failed.class, repository().get(NAME)).failure().kind());
        assertInstanceOf(ListResult.Failed.class, repository().list(RepositoryPath.ROOT));
        assertInstanceOf(FoldersResult.Failed.class, repository().folders(RepositoryPath.ROOT));
        assertInstanceOf(DeleteResult.Failed.class, repository().delete(NAME));
        Repository nowhere = new FileRepository(root.resolve("below"));
        RepositoryFailure failure = assertInstanceOf(PutResult.Failed.class,
                nowhere.put(NAME, Content.of(new byte[1]))).failure();
        assertEquals(Kind.UNREACHABLE, failure.kind(), failure::toString);
        assertTrue(Files.notExists(root), "the directory above may be a disk that is not mounted");
    }

    @Test
    void aFullDiskSaysSoAndNothingIsLeft() throws IOException {
        try (Mounted _ = Mounted.of(root, "size=1m")) {
            byte[] much = new byte[3 << 20];
            new Random(1).nextBytes(much);
            RepositoryFailure failure = assertInstanceOf(PutResult.Failed.class,
                    repository().put(NAME, Content.of(much))).failure();
            assertEquals(Kind.FULL, failure.kind(), failure::toString);
            assertEquals("HF-2001", failure.problem().code());
            assertEquals(List.of(), files());
            PutResult.Failed swallowed = assertInstanceOf(PutResult.Failed.class, repository().put(NAME, out -> {
                try {
                    out.write(much);
                } catch (IOException e) {
                    // The worst that a caller can do: the object is not whole, and nobody says so.
                    return;
                }
            }));
            assertEquals(Kind.FULL, swallowed.failure().kind());
            assertEquals(List.of(), files());
            assertInstanceOf(PutResult.Stored.class, repository().put(NAME, Content.of(new byte[1])));
        }
    }

    @Test
    void aReadOnlyDiskSaysSoAndCanBeRead() throws IOException {
        try (Mounted disk = Mounted.of(root, "size=1m")) {
            repository().put(NAME, Content.of(new byte[1]));
            disk.remountReadOnly();
            RepositoryFailure failure = assertInstanceOf(PutResult.Failed.class,
                    repository().put(new RepositoryPath("other"), Content.of(new byte[1]))).failure();
            assertEquals(Kind.READ_ONLY, failure.kind(), failure::toString);
            assertEquals("HF-2002", failure.problem().code());
            assertEquals(Kind.READ_ONLY,
                    assertInstanceOf(DeleteResult.Failed.class, repository().delete(NAME)).failure().kind());
            assertInstanceOf(ListResult.Listed.class, repository().list(RepositoryPath.ROOT));
            assertInstanceOf(GetResult.Found.class, repository().get(NAME)).stream().close();
        }
    }

    /** A disk of its own. */
    private record Mounted(Path at) implements AutoCloseable {
        static Mounted of(Path at, String options) throws IOException {
            Assumptions.assumeTrue(Commands.ROOT, "mounting needs root");
            Files.createDirectories(at);
            Commands.must("mount", "-t", "tmpfs", "-o", options + ",mode=0700", "tmpfs", at.toString());
            return new Mounted(at);
        }

        void remountReadOnly() {
            Commands.must("mount", "-o", "remount,ro", at.toString());
        }

        @Override
        public void close() {
            Commands.must("umount", at.toString());
        }
    }
}
