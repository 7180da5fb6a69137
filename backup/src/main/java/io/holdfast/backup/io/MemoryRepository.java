package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** A repository in memory, for tests and simulations. It never fails. */
public final class MemoryRepository implements Repository {
    private final ConcurrentSkipListMap<RepositoryPath, byte[]> objects = new ConcurrentSkipListMap<>();

    @Override
    public PutResult put(RepositoryPath name, Content content) throws IOException {
        Paths.requireObject(name);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Fingerprinting taken = new Fingerprinting(bytes);
        content.writeTo(taken);
        Fingerprint fingerprint = taken.fingerprint();
        byte @Nullable [] there = objects.putIfAbsent(name, bytes.toByteArray());
        if (there == null) {
            return new PutResult.Stored(fingerprint);
        }
        return Arrays.equals(there, bytes.toByteArray())
                ? new PutResult.AlreadyThere(fingerprint)
                : new PutResult.Different(fingerprint, there.length);
    }

    @Override
    public GetResult get(RepositoryPath name) {
        return get(name, 0, Long.MAX_VALUE);
    }

    @Override
    public GetResult get(RepositoryPath name, long from, long length) {
        Paths.requireObject(name);
        Paths.requirePart(from, length);
        byte @Nullable [] there = objects.get(name);
        if (there == null) {
            return new GetResult.Missing();
        }
        int start = (int) Math.min(from, there.length);
        int count = (int) Math.min(length, there.length - start);
        return new GetResult.Found(new ByteArrayInputStream(there, start, count), there.length);
    }

    @Override
    public ListResult list(RepositoryPath folder) {
        return new ListResult.Listed(objects.entrySet()
                .stream()
                .filter(object -> object.getKey().isBelow(folder))
                .map(object -> new StoredObject(object.getKey(), object.getValue().length))
                .toList());
    }

    @Override
    public FoldersResult folders(RepositoryPath folder) {
        int start = folder.isRoot() ? 0 : folder.value().length() + 1;
        List<String> names = objects.keySet()
                .stream()
                .filter(path -> path.isBelow(folder) && !path.parent().equals(folder))
                .map(path -> path.value().substring(start, path.value().indexOf('/', start)))
                .distinct()
                .sorted()
                .toList();
        return new FoldersResult.Listed(names);
    }

    @Override
    public DeleteResult delete(RepositoryPath name) {
        Paths.requireObject(name);
        objects.remove(name);
        return new DeleteResult.Gone();
    }

    @Override
    public String where() {
        return "memory";
    }

    @Override
    public void close() {}
}
