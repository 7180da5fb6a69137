package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.StoredObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is in a directory that is a repository; files that do not have names of ours are passed over. */
final class FileListing {
    private final Path root;

    FileListing(Path root) {
        this.root = root;
    }

    /** All objects below a folder, in the order of their names. */
    List<StoredObject> objects(RepositoryPath folder) throws IOException {
        List<StoredObject> found = new ArrayList<>();
        walk(root.resolve(folder.value()), (path, size) -> {
            found.add(new StoredObject(path, size));
            return FileVisitResult.CONTINUE;
        });
        found.sort((one, other) -> one.path().compareTo(other.path()));
        return found;
    }

    /** The folders in a folder that have an object below them, in order. */
    List<String> folders(RepositoryPath folder) throws IOException {
        List<String> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(folder.value()))) {
            for (Path file : files) {
                Optional<RepositoryPath> path = nameOf(file);
                if (path.isPresent() && Files.isDirectory(file) && hasObject(file)) {
                    found.add(path.get().name());
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }

    private boolean hasObject(Path directory) throws IOException {
        boolean[] found = {false};
        walk(directory, (_, _) -> {
            found[0] = true;
            return FileVisitResult.TERMINATE;
        });
        return found[0];
    }

    /** What to do with an object that was met. */
    @FunctionalInterface
    private interface Met {
        FileVisitResult object(RepositoryPath path, long sizeBytes);
    }

    private void walk(Path start, Met met) throws IOException {
        Files.walkFileTree(start, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                boolean ours = directory.equals(root) || nameOf(directory).isPresent();
                return ours ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                Optional<RepositoryPath> path = attributes.isRegularFile() ? nameOf(file) : Optional.empty();
                return path.map(name -> met.object(name, attributes.size())).orElse(FileVisitResult.CONTINUE);
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException error) throws IOException {
                // Removed since its folder was read. A directory that is not ours may be closed to us.
                if (error instanceof NoSuchFileException || nameOf(file).isEmpty()) {
                    return FileVisitResult.CONTINUE;
                }
                throw error;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException error)
                    throws IOException {
                if (error != null && !(error instanceof NoSuchFileException)) {
                    throw error;
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private Optional<RepositoryPath> nameOf(Path file) {
        return RepositoryPath.read(root.relativize(file).toString()).filter(path -> !path.isRoot());
    }
}
