package io.holdfast.backup.io;

import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Reads objects of a repository to their ends, so that what was read is known to be what was stored. */
final class StoredObjects {
    private final Repository repository;
    private final @Nullable Identity identity;

    StoredObjects(Repository repository, @Nullable Identity identity) {
        this.repository = repository;
        this.identity = identity;
    }

    /** Takes what an object holds. */
    interface Reader {
        void read(InputStream plain) throws IOException;
    }

    /**
     * Reads an object and throws HoldfastException where it is not what it should be, the seal's reason included.
     *
     * @param expected its bytes as they were stored; null where nothing tells them
     */
    void read(RepositoryPath path, Form form, @Nullable Fingerprint expected, Reader reader) throws IOException {
        switch (repository.get(path)) {
            case GetResult.Missing _ -> throw Findings.missing(path).toException();
            case GetResult.Failed failed -> throw CatalogReader.failed(failed.failure());
            case GetResult.Found found -> {
                if (expected != null && found.objectBytes() != expected.sizeBytes()) {
                    found.stream().close();
                    throw Findings.otherSize(path, expected.sizeBytes(), found.objectBytes()).toException();
                }
                try (Fingerprinted stored = new Fingerprinted(found.stream())) {
                    try (InputStream plain = SealedStream.open(new Unclosed(stored), form, identity, path.value())) {
                        reader.read(plain);
                        plain.transferTo(OutputStream.nullOutputStream());
                    } catch (SealException e) {
                        throw new HoldfastException(judged(path, stored, expected, e.problem()), e);
                    } catch (HoldfastException e) {
                        throw new HoldfastException(judged(path, stored, expected, e.problem()), e);
                    }
                    stored.transferTo(OutputStream.nullOutputStream());
                    if (expected != null && !stored.fingerprint().equals(expected)) {
                        throw Findings.otherBytes(path).toException();
                    }
                }
            }
        }
    }

    /** A wrong key and a flipped bit look alike to the cipher's header: the stored bytes tell them apart. */
    private static Problem judged(RepositoryPath path, Fingerprinted stored, @Nullable Fingerprint expected,
            Problem cause) throws IOException {
        stored.transferTo(OutputStream.nullOutputStream());
        return expected != null && !stored.fingerprint().equals(expected) ? Findings.otherBytes(path) : cause;
    }

    /** Compares the stored bytes only, without opening them. */
    void compare(RepositoryPath path, Fingerprint expected) throws IOException {
        switch (repository.get(path)) {
            case GetResult.Missing _ -> throw Findings.missing(path).toException();
            case GetResult.Failed failed -> throw CatalogReader.failed(failed.failure());
            case GetResult.Found found -> {
                try (Fingerprinted stored = new Fingerprinted(found.stream())) {
                    stored.transferTo(OutputStream.nullOutputStream());
                    if (found.objectBytes() != expected.sizeBytes()) {
                        throw Findings.otherSize(path, expected.sizeBytes(), found.objectBytes()).toException();
                    }
                    if (!stored.fingerprint().equals(expected)) {
                        throw Findings.otherBytes(path).toException();
                    }
                }
            }
        }
    }

    /** Sees that an object opens with the identity, without reading much of it. */
    void tryOpen(RepositoryPath path, Form form) throws IOException {
        switch (repository.get(path)) {
            case GetResult.Missing _ -> throw Findings.missing(path).toException();
            case GetResult.Failed failed -> throw CatalogReader.failed(failed.failure());
            case GetResult.Found found -> {
                try (InputStream plain = SealedStream.open(found.stream(), form, identity, path.value())) {
                    plain.read();
                } catch (SealException e) {
                    throw new HoldfastException(e.problem(), e);
                }
            }
        }
    }

    /** Stays open when what reads it is closed, for the rest of its bytes. */
    private static final class Unclosed extends FilterInputStream {
        Unclosed(InputStream in) {
            super(in);
        }

        @Override
        public void close() {}
    }
}
