package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A repository in a directory, of this host or mounted from another. An object is written to a file aside, made durable, and
 * then linked to its name: {@code link(2)} never replaces what is there, and also over NFS only one of two succeeds.
 */
public final class FileRepository implements Repository {
    /** How often a folder that another one just removed because it was empty is made again. */
    private static final int FOLDER_TRIES = 10;

    private final Path root;
    private final Incoming incoming;

    /**
     * In a directory.
     *
     * @param root made by the first put, in a directory that must be there
     */
    public FileRepository(Path root) {
        this.root = root.toAbsolutePath().normalize();
        this.incoming = new Incoming(this.root);
    }

    @Override
    public PutResult put(RepositoryPath name, Content content) throws IOException {
        Paths.requireObject(name);
        Incoming.File file;
        try {
            if (!Files.isDirectory(root)) {
                DurableFiles.makeDirectory(root);
            }
            file = incoming.create();
        } catch (IOException e) {
            return new PutResult.Failed(meaning(e));
        }
        GuardedOutput out = new GuardedOutput(file.out(), this::meaning);
        try (file) {
            Fingerprinting taken = new Fingerprinting(out);
            content.writeTo(taken);
            return out.failure()
                    .<PutResult>map(PutResult.Failed::new)
                    .orElseGet(() -> publish(file, name, taken.fingerprint()));
        } catch (IOException e) {
            return new PutResult.Failed(out.failure().orElseThrow(() -> e));
        }
    }

    /** Gives the finished file its name. */
    private PutResult publish(Incoming.File file, RepositoryPath name, Fingerprint fingerprint) {
        try {
            file.out().finish();
            PutResult result = link(file.path(), name)
                    ? new PutResult.Stored(fingerprint)
                    : compare(file(name), fingerprint);
            // Also for what was there: whoever linked it may not have come this far.
            DurableFiles.sync(file(name.parent()));
            return result;
        } catch (IOException e) {
            return new PutResult.Failed(meaning(e));
        }
    }

    /** False when there is something of this name. */
    private boolean link(Path file, RepositoryPath name) throws IOException {
        for (int attempt = 1;; attempt++) {
            DurableFiles.makeDirectories(root, file(name.parent()));
            try {
                Files.createLink(file(name), file);
                return true;
            } catch (FileAlreadyExistsException e) {
                return false;
            } catch (NoSuchFileException e) {
                if (attempt == FOLDER_TRIES) {
                    throw e;
                }
            }
        }
    }

    private static PutResult compare(Path target, Fingerprint offered) throws IOException {
        Fingerprint there;
        try (InputStream in = Files.newInputStream(target)) {
            there = Fingerprinting.of(in);
        }
        return there.equals(offered)
                ? new PutResult.AlreadyThere(offered)
                : new PutResult.Different(offered, there.sizeBytes());
    }

    @Override
    public GetResult get(RepositoryPath name) {
        return get(name, 0, Long.MAX_VALUE);
    }

    @Override
    public GetResult get(RepositoryPath name, long from, long length) {
        Paths.requireObject(name);
        Paths.requirePart(from, length);
        Path file = file(name);
        try {
            long size = Files.size(file);
            long bytes = Math.min(length, Math.max(0, size - from));
            InputStream in = bytes >= BulkInput.LARGE ? BulkInput.open(file, from) : small(file, from);
            return new GetResult.Found(new GuardedInput(in, bytes, this::meaning), size);
        } catch (NoSuchFileException e) {
            return Files.isDirectory(root) ? new GetResult.Missing() : new GetResult.Failed(FileTrouble.absent(root));
        } catch (IOException e) {
            return new GetResult.Failed(meaning(e));
        }
    }

    private static InputStream small(Path file, long from) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return Channels.newInputStream(channel.position(from));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public ListResult list(RepositoryPath folder) {
        if (!Files.isDirectory(root)) {
            return new ListResult.Failed(FileTrouble.absent(root));
        }
        try {
            return new ListResult.Listed(new FileListing(root).objects(folder));
        } catch (IOException e) {
            return new ListResult.Failed(meaning(e));
        }
    }

    @Override
    public FoldersResult folders(RepositoryPath folder) {
        if (!Files.isDirectory(root)) {
            return new FoldersResult.Failed(FileTrouble.absent(root));
        }
        try {
            return new FoldersResult.Listed(new FileListing(root).folders(folder));
        } catch (IOException e) {
            return new FoldersResult.Failed(meaning(e));
        }
    }

    @Override
    public DeleteResult delete(RepositoryPath name) {
        Paths.requireObject(name);
        if (!Files.isDirectory(root)) {
            return new DeleteResult.Failed(FileTrouble.absent(root));
        }
        try {
            if (Files.deleteIfExists(file(name))) {
                DurableFiles.sync(file(name.parent()));
                removeEmptyFolders(name.parent());
            }
            return new DeleteResult.Gone();
        } catch (IOException e) {
            return new DeleteResult.Failed(meaning(e));
        }
    }

    private void removeEmptyFolders(RepositoryPath folder) throws IOException {
        for (RepositoryPath next = folder; !next.isRoot(); next = next.parent()) {
            try {
                Files.deleteIfExists(file(next));
            } catch (DirectoryNotEmptyException e) {
                return;
            }
        }
    }

    private Path file(RepositoryPath name) {
        return root.resolve(name.value());
    }

    private RepositoryFailure meaning(IOException error) {
        return FileTrouble.of(root, error);
    }

    @Override
    public String where() {
        return "file:" + root;
    }

    @Override
    public void close() {}
}
