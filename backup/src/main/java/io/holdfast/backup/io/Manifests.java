package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.Content;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.ManifestResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.SignerKey;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;

/** Manifests in a repository. */
public final class Manifests {
    private final Repository repository;

    /** Of a repository. */
    public Manifests(Repository repository) {
        this.repository = repository;
    }

    /** Stores it, which makes its backup complete: all of its objects are there before. */
    public PutResult store(Manifest manifest, SigningKey key) {
        try {
            return repository.put(manifest.layout().manifest(manifest.id()),
                    Content.of(ManifestJson.write(manifest, key)));
        } catch (IOException e) {
            // Bytes in memory throw none of their own.
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads that of a backup.
     *
     * @param trusted whose signatures are believed
     */
    public ManifestResult read(Layout layout, BackupId id, Set<SignerKey> trusted) {
        RepositoryPath path = layout.manifest(id);
        return switch (repository.get(path)) {
            case GetResult.Missing _ -> new ManifestResult.Missing();
            case GetResult.Failed failed -> new ManifestResult.Failed(failed.failure());
            case GetResult.Found found -> {
                try (InputStream in = found.stream()) {
                    yield judged(ManifestJson.read(in.readAllBytes(), path.value(), trusted), layout, id);
                } catch (RepositoryException e) {
                    yield new ManifestResult.Failed(e.failure());
                } catch (HoldfastException e) {
                    yield new ManifestResult.Unusable(e.problem());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    private static ManifestResult judged(ManifestJson.Read read, Layout layout, BackupId id) {
        if (read.signature() instanceof SignatureVerdict.Wrong) {
            return new ManifestResult.Unusable(new Problem("HF-2032",
                    layout.manifest(id) + " was changed after it was signed",
                    "do not restore this backup before you know who did that."));
        }
        if (!read.manifest().layout().equals(layout) || !read.manifest().id().equals(id)) {
            return new ManifestResult.Unusable(new Problem("HF-2033",
                    layout.manifest(id) + " is the manifest of another backup, "
                            + read.manifest().layout().manifest(read.manifest().id()),
                    "somebody copied it; do not restore this backup before you know who did that."));
        }
        return new ManifestResult.Found(read.manifest(), read.signature());
    }
}
