package io.holdfast.backup.io;

import io.holdfast.backup.Assembly;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RestorePlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Restores a backup as a plan says. Nothing is touched before it is known that the directory may be and that the objects can
 * be opened; from then on until the very end the directory has no {@code pg_control}, so that nobody starts half of it.
 */
public final class RestoreRun {
    private static final String LABEL = "backup_label";
    private static final String MAP = "tablespace_map";

    private final RestorePlan plan;
    private final RestoreOptions options;
    private final Repository repository;
    private final @Nullable Identity identity;
    private final StoredObjects objects;
    private final RestoreDirectory directory;

    /**
     * Of a plan.
     *
     * @param identity opens the objects; null where they are not sealed
     */
    public RestoreRun(Repository repository, @Nullable Identity identity, RestorePlan plan, RestoreOptions options) {
        this.plan = plan;
        this.options = options;
        this.repository = repository;
        this.identity = identity;
        this.objects = new StoredObjects(repository, identity);
        this.directory = new RestoreDirectory(options, plan.backup());
    }

    /**
     * What was done.
     *
     * @param files how many files there are
     * @param kept how many of them were there already, byte for byte
     * @param writtenBytes what was written
     */
    public record Restored(int files, int kept, long writtenBytes) {}

    /** Restores; throws HoldfastException where it must not or cannot, and RepositoryException when the repository fails. */
    public Restored run() throws IOException {
        directory.check();
        List<PostgresFiles.File> known = postgresFiles();
        Map<String, Long> lengths = lengths(known);
        Assembly whole = openable(lengths);
        directory.begin();
        Map<String, List<Assembly.Range>> missing = missing(known, lengths);
        directory.clean(lengths.keySet());
        Assembly rest = Assembly.of(plan.chain(), lengths, missing);
        Map<String, Long> toWrite = new LinkedHashMap<>(lengths);
        toWrite.keySet().retainAll(missing.keySet());
        directory.prepare(toWrite);
        Workers.each(options.threads(), rest.sources(), this::fetch);
        labels();
        RecoverySettings.write(options.directory(), plan, options);
        finish(whole);
        return new Restored(lengths.size(), lengths.size() - missing.size(),
                rest.sources().stream().mapToLong(Assembly.Source::bytes).sum());
    }

    /** What {@link #run} sees before it touches anything; throws as that does. */
    public void check() throws IOException {
        directory.check();
        openable(lengths(postgresFiles()));
    }

    /** Of that only whether the objects can be opened: a server may run on the directory yet. */
    public void tryOpen() throws IOException {
        openable(lengths(postgresFiles()));
    }

    private Map<String, Long> lengths(List<PostgresFiles.File> known) {
        Map<String, Long> lengths = new LinkedHashMap<>();
        known.forEach(file -> lengths.put(file.path(), file.sizeBytes()));
        lengths.putAll(Assembly.lengths(plan.backup()));
        return lengths;
    }

    private Assembly openable(Map<String, Long> lengths) throws IOException {
        Assembly whole = Assembly.of(plan.chain(), lengths, _ -> true);
        Workers.each(options.threads(), whole.sources(),
                source -> objects.tryOpen(source.backup().path(source.object()), source.backup().form()));
        return whole;
    }

    private void fetch(Assembly.Source source) throws IOException {
        try (DataFile file = new DataFile()) {
            objects.read(source.backup().path(source.object()), source.backup().form(), source.object().fingerprint(),
                    plain -> ShardReader.read(source.backup().path(source.object()), plain, source.object().files(),
                            source.wanted(), new ShardReader.Sink() {
                                @Override
                                public void directory(String name) throws IOException {
                                    // What a later backup no longer has may still be in an older one.
                                    if (source.backup().id().equals(plan.backup().id()) && !name.isEmpty()) {
                                        directory.directory(name);
                                    }
                                }

                                @Override
                                public void write(String name, long at, byte[] bytes, int offset, int length)
                                        throws IOException {
                                    file.write(directory.locate(name), at, bytes, offset, length);
                                }
                            }));
        }
    }

    /** The files of the backup as PostgreSQL's own manifest tells them; empty where it has none. */
    private List<PostgresFiles.File> postgresFiles() throws IOException {
        Map<String, Long> files = Assembly.lengths(plan.backup());
        if (!files.containsKey(PostgresFiles.NAME)) {
            return List.of();
        }
        Assembly manifest = Assembly.of(List.of(plan.backup()), files, PostgresFiles.NAME::equals);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (Assembly.Source source : manifest.sources()) {
            objects.read(source.backup().path(source.object()), source.backup().form(), source.object().fingerprint(),
                    plain -> ShardReader.read(source.backup().path(source.object()), plain, source.object().files(),
                            source.wanted(), new ShardReader.Sink() {
                                @Override
                                public void directory(String name) {}

                                @Override
                                public void write(String name, long at, byte[] bytes, int offset, int length) {
                                    text.write(bytes, offset, length);
                                }
                            }));
        }
        return PostgresFiles.read(text.toByteArray());
    }

    /** What is to be written, of each file that is not there already. */
    private Map<String, List<Assembly.Range>> missing(List<PostgresFiles.File> known, Map<String, Long> lengths)
            throws IOException {
        Map<String, List<Assembly.Range>> missing = new ConcurrentHashMap<>();
        lengths.forEach((file, length) -> missing.put(file, Assembly.whole(length)));
        if (options.over()) {
            List<PostgresFiles.File> files = known.stream()
                    .filter(file -> !file.path().equals(RestoreDirectory.CONTROL))
                    // The largest first: nobody reads a last one alone.
                    .sorted(Comparator.comparingLong(PostgresFiles.File::sizeBytes).reversed())
                    .toList();
            try (OldCopy old = OldCopy.of(repository, identity, plan.backup(), options.directory())) {
                Workers.each(options.threads(), files, file -> old.missing(file, directory.locate(file.path()))
                        .ifPresentOrElse(parts -> missing.put(file.path(), parts), () -> missing.remove(file.path())));
            }
        }
        return missing;
    }

    /** What PostgreSQL starts the replay with, also where no shard has it. */
    private void labels() throws IOException {
        Manifest backup = plan.backup();
        Path label = options.directory().resolve(LABEL);
        DataFile.make(label, Long.MAX_VALUE);
        Files.writeString(label, backup.label());
        if (!directory.tablespaces().isEmpty()) {
            StringBuilder map = new StringBuilder();
            directory.tablespaces()
                    .forEach((oid, path) -> map.append(oid)
                            .append(' ')
                            .append(path.toString().replace("\\", "\\\\").replace("\n", "\\\n"))
                            .append('\n'));
            DataFile.make(options.directory().resolve(MAP), Long.MAX_VALUE);
            Files.writeString(options.directory().resolve(MAP), map);
        }
    }

    /** Makes all of it durable, and then pg_control visible. */
    private void finish(Assembly whole) throws IOException {
        List<Path> roots = new ArrayList<>(directory.tablespaces().values());
        roots.add(options.directory());
        roots.add(options.directory().resolve("pg_wal"));
        if (!WholeSync.of(roots)) {
            syncEach(whole);
        }
        Files.move(options.directory().resolve(RestoreDirectory.CONTROL_ASIDE),
                options.directory().resolve(RestoreDirectory.CONTROL), StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.sync(options.directory().resolve("global"));
    }

    private void syncEach(Assembly whole) throws IOException {
        Set<Path> folders = new HashSet<>();
        Set<Path> files = new HashSet<>();
        whole.files().keySet().forEach(file -> files.add(directory.locate(file)));
        for (String beside : List.of(LABEL, MAP, RecoverySettings.FILE, RecoverySettings.SIGNAL)) {
            if (Files.exists(options.directory().resolve(beside))) {
                files.add(options.directory().resolve(beside));
            }
        }
        files.forEach(file -> {
            for (Path folder = file.getParent(); folder != null && folders.add(folder)
                    && !folder.equals(options.directory()); folder = folder.getParent()) {
                // Each once.
                continue;
            }
        });
        Workers.each(options.threads(), List.copyOf(files), DataFile::sync);
        for (Path folder : folders) {
            if (folder.startsWith(options.directory())
                    || directory.tablespaces().values().stream().anyMatch(folder::startsWith)) {
                DurableFiles.sync(folder);
            }
        }
    }
}
