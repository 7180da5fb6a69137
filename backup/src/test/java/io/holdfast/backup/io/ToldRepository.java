package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryPath;
import java.io.IOException;
import java.io.PrintStream;

/** A repository that says each call, before it and after it: a moment to be killed at. */
final class ToldRepository implements Repository {
    private final Repository repository;
    private final PrintStream to;

    ToldRepository(Repository repository, PrintStream to) {
        this.repository = repository;
        this.to = to;
    }

    private <T> T told(String what, RepositoryPath path, T result) {
        to.println(what + " " + path + " is " + result.getClass().getSimpleName());
        return result;
    }

    private void tell(String what, RepositoryPath path) {
        to.println(what + " " + path);
    }

    @Override
    public PutResult put(RepositoryPath name, Content content) throws IOException {
        tell("put", name);
        return told("put", name, repository.put(name, content));
    }

    @Override
    public GetResult get(RepositoryPath name) {
        tell("get", name);
        return repository.get(name);
    }

    @Override
    public GetResult get(RepositoryPath name, long from, long length) {
        tell("get", name);
        return repository.get(name, from, length);
    }

    @Override
    public ListResult list(RepositoryPath folder) {
        tell("list", folder);
        return repository.list(folder);
    }

    @Override
    public FoldersResult folders(RepositoryPath folder) {
        tell("folders", folder);
        return repository.folders(folder);
    }

    @Override
    public DeleteResult delete(RepositoryPath name) {
        tell("delete", name);
        return told("delete", name, repository.delete(name));
    }

    @Override
    public String where() {
        return repository.where();
    }

    @Override
    public void close() {
        repository.close();
    }
}
