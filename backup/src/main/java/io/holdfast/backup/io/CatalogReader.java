package io.holdfast.backup.io;

import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.ManifestResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.SignerKey;
import io.holdfast.backup.StoredObject;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalInventory;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads what a repository has: names, sizes, manifests and histories. Objects themselves it does not read: Verify does. */
public final class CatalogReader {
    private final Repository repository;
    private final Layout layout;
    private final Set<SignerKey> trusted;
    private final @Nullable Identity identity;

    /**
     * Of a database.
     *
     * @param trusted whose manifests are believed
     * @param identity opens the history files; null when there is none, and then the first timeline alone is known where they
     *     are sealed
     */
    public CatalogReader(Repository repository, Layout layout, Set<SignerKey> trusted, @Nullable Identity identity) {
        this.repository = repository;
        this.layout = layout;
        this.trusted = Set.copyOf(trusted);
        this.identity = identity;
    }

    /** Reads; throws {@link RepositoryException} when the repository fails. */
    public Catalog read() throws IOException {
        List<BackupEntry> backups = backups();
        WalSegmentSize size = backups.stream()
                .filter(BackupEntry.Complete.class::isInstance)
                .map(entry -> ((BackupEntry.Complete) entry).manifest().server().walSegmentSize())
                .reduce((_, last) -> last)
                .orElse(WalSegmentSize.DEFAULT);
        return new Catalog(layout, backups, wal(size));
    }

    private List<BackupEntry> backups() throws IOException {
        Map<BackupId, List<StoredObject>> objects = new TreeMap<>();
        for (StoredObject object : listed(layout.backups())) {
            String below = object.path().value().substring(layout.backups().value().length() + 1);
            int slash = below.indexOf('/');
            if (slash > 0) {
                BackupId.read(below.substring(0, slash))
                        .ifPresent(id -> objects.computeIfAbsent(id, _ -> new ArrayList<>()).add(object));
            }
        }
        List<BackupEntry> entries = new ArrayList<>();
        for (Map.Entry<BackupId, List<StoredObject>> one : objects.entrySet()) {
            entries.add(entry(one.getKey(), one.getValue()));
        }
        return entries;
    }

    private BackupEntry entry(BackupId id, List<StoredObject> objects) throws IOException {
        return switch (new Manifests(repository).read(layout, id, trusted)) {
            case ManifestResult.Missing _ -> new BackupEntry.Unfinished(id, objects);
            case ManifestResult.Unusable unusable -> new BackupEntry.Damaged(id, unusable.problem(), objects);
            case ManifestResult.Failed failed -> throw failed(failed.failure());
            case ManifestResult.Found found -> {
                Problem problem = wrongObject(found.manifest(), objects);
                yield problem == null
                        ? new BackupEntry.Complete(found.manifest(), found.signature(), objects)
                        : new BackupEntry.Damaged(id, problem, objects);
            }
        };
    }

    private static @Nullable Problem wrongObject(Manifest manifest, List<StoredObject> objects) {
        Map<RepositoryPath, Long> sizes = new HashMap<>();
        objects.forEach(object -> sizes.put(object.path(), object.sizeBytes()));
        for (Manifest.BackupObject object : manifest.objects()) {
            Long there = sizes.get(manifest.path(object));
            if (there == null) {
                return Findings.missing(manifest.path(object));
            }
            // The block map is for the next backup; without its bytes this one can be restored all the same.
            if (there != object.fingerprint().sizeBytes()) {
                return Findings.otherSize(manifest.path(object), object.fingerprint().sizeBytes(), there);
            }
        }
        return null;
    }

    /**
     * Reads what there is of the WAL alone; throws {@link RepositoryException} when the repository fails.
     *
     * @param size of a segment
     */
    public WalInventory wal(WalSegmentSize size) throws IOException {
        TreeMap<WalFile.Segment, StoredObject> segments = new TreeMap<>();
        Map<TimelineId, TimelineHistory> histories = new HashMap<>();
        Map<WalFile, StoredObject> others = new HashMap<>();
        for (StoredObject object : listed(layout.wal())) {
            Optional<Layout.Archived> archived = layout.readWal(object.path());
            if (archived.isEmpty()) {
                continue;
            }
            switch (archived.get().file()) {
                case WalFile.Segment segment -> segments.put(segment, object);
                case WalFile.History history -> {
                    others.put(history, object);
                    TimelineHistory read = history(object, archived.get());
                    if (read != null) {
                        histories.put(history.timeline(), read);
                    }
                }
                case WalFile other -> others.put(other, object);
            }
        }
        return new WalInventory(size, segments, histories, others);
    }

    /** Null when it is damaged or cannot be opened: what depends on it is then refused, and Verify names it. */
    private @Nullable TimelineHistory history(StoredObject object, Layout.Archived archived) throws IOException {
        return switch (repository.get(object.path())) {
            case GetResult.Missing _ -> null;
            case GetResult.Failed failed -> throw failed(failed.failure());
            case GetResult.Found found -> {
                try (InputStream in = SealedStream.open(found.stream(), archived.form(), identity,
                        object.path().value())) {
                    String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
                    yield TimelineHistory.read(archived.file().timeline(), text).orElse(null);
                } catch (SealException e) {
                    yield null;
                }
            }
        };
    }

    private List<StoredObject> listed(RepositoryPath folder) throws IOException {
        return switch (repository.list(folder)) {
            case ListResult.Listed listed -> listed.objects();
            case ListResult.Failed failed -> throw failed(failed.failure());
        };
    }

    static RepositoryException failed(RepositoryFailure failure) {
        return new RepositoryException(failure, new IOException(failure.problem().fact()));
    }
}
