package io.holdfast.backup;

import java.io.IOException;

/**
 * Where backups and WAL are kept: objects with names, written once, never changed. Calls block the calling (virtual)
 * thread, are bounded in time, and may be made from several threads at once. An expected trouble is a result; only what is
 * read or written on the way, the streams, throws: a {@link RepositoryException}.
 */
public interface Repository extends AutoCloseable {

    /**
     * Stores a new object. When this returns {@code Stored} or {@code AlreadyThere}, the object is durable and whole; when it
     * returns anything else or throws, nothing of it can be seen, and nothing is left behind. An object that is there under
     * the name stays as it is, whatever is offered.
     *
     * @param name the object's name
     * @param content writes the object's bytes, at most once
     * @throws IOException whatever the content threw, when it was not the repository that failed
     */
    PutResult put(RepositoryPath name, Content content) throws IOException;

    /** The whole object. */
    GetResult get(RepositoryPath name);

    /**
     * A part of an object.
     *
     * @param from the first byte, from 0
     * @param length how many bytes at most; there are fewer where the object ends before
     */
    GetResult get(RepositoryPath name, long from, long length);

    /** All objects below a folder, at any depth, in the order of their names. */
    ListResult list(RepositoryPath folder);

    /** The folders that lie directly in a folder and have an object below them, in the order of their names. */
    FoldersResult folders(RepositoryPath folder);

    /** Removes an object, durably; where there is none, that is what is wanted. */
    DeleteResult delete(RepositoryPath name);

    /** Where it is, for people: {@code file:/var/backups/holdfast}. */
    String where();

    @Override
    void close();
}
