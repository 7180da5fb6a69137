package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.SignerKey;
import io.holdfast.backup.StoredObject;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.io.CatalogReader;
import io.holdfast.backup.io.DatabaseFiles;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.Repositories;
import io.holdfast.backup.io.SigningKey;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The repository of a node and the keys that it has for it, as the configuration names them. */
public final class Backups implements AutoCloseable {
    private final HoldfastConfig config;
    private final BackupConfig backup;
    private final Repository repository;

    /** Opens nothing yet. Throws HoldfastException where the configuration has no backups. */
    public Backups(HoldfastConfig config) {
        this.config = config;
        BackupConfig named = config.backup();
        if (named == null) {
            throw new Problem("HF-5106", "this node's configuration has no section 'backup'",
                    "Name a repository and recipients there; 'holdfast keys new' makes a key.").toException();
        }
        this.backup = named;
        this.repository = Repositories.open(named);
    }

    /** What the configuration says of backups. */
    public BackupConfig backup() {
        return backup;
    }

    /** The repository. */
    public Repository repository() {
        return repository;
    }

    /** The cluster's name. */
    public String cluster() {
        return config.cluster().name();
    }

    /** This member's name. */
    public String member() {
        return config.member();
    }

    /** The directory of the worker's own files. */
    public Path directory() {
        return config.state().resolve("worker");
    }

    /** What is kept of PostgreSQL here; throws on a witness. */
    PostgresqlConfig postgresql() {
        return config.postgresqlOrThrow();
    }

    /** The socket's directory of this node's PostgreSQL. */
    Path socket() {
        return config.state().resolve("socket");
    }

    /** The key that signs this node's manifests; made when there is none. */
    SigningKey signing() {
        return signing(config);
    }

    /** The same of any node, one without backups too. */
    public static SigningKey signing(HoldfastConfig config) {
        BackupConfig named = config.backup();
        Path file = named == null ? null : named.signingKey();
        return SigningKey.readOrMake(file == null ? WorkerFiles.of(config).directory().resolve("signing.key") : file);
    }

    /** What this node can open by itself: WAL, histories and block maps; null where it has no key, or needs none. */
    public @Nullable Identity own() {
        Path file = backup.walIdentity();
        return backup.encryption() instanceof Encryption.To && file != null ? Identity.read(file) : null;
    }

    /**
     * Whose manifests are believed: those whom the agents have told of, and this node.
     *
     * @param wish {@code trusted} has the others
     */
    Set<SignerKey> trusted(JsonNode wish) {
        Set<SignerKey> trusted = new HashSet<>();
        wish.path("trusted").forEach(key -> trusted.add(new SignerKey(key.asText())));
        trusted.add(signing().signer());
        return trusted;
    }

    /**
     * Of which database: the one that was named, else the one that is here, else the only one that the repository has of the
     * cluster.
     *
     * @param named its identifier; empty when nobody named one
     */
    public Layout layout(String named) throws IOException {
        if (!named.isEmpty()) {
            return new Layout(cluster(), new SystemId(named));
        }
        PostgresqlConfig postgresql = config.postgresql();
        Optional<SystemId> here = postgresql == null ? Optional.empty() : DatabaseFiles.systemId(postgresql.data());
        if (here.isPresent()) {
            return new Layout(cluster(), here.get());
        }
        List<String> known = switch (repository.folders(Layout.ofCluster(cluster()))) {
            case FoldersResult.Listed listed -> listed.names();
            case FoldersResult.Failed failed -> throw new RepositoryException(failed.failure(),
                    new IOException(failed.failure().problem().fact()));
        };
        if (known.size() != 1) {
            throw (known.isEmpty()
                    ? new Problem("HF-5107",
                            repository.where() + " has nothing of a cluster '" + cluster() + "'",
                            "See that the configuration names the right repository and the right cluster.")
                    : new Problem("HF-5108",
                            repository.where() + " has several databases of cluster '" + cluster() + "': "
                                    + String.join(", ", known),
                            "Name one by '--system-id'; the last one made is most often the one with the newest backup."))
                    .toException();
        }
        return new Layout(cluster(), new SystemId(known.getFirst()));
    }

    /** What the repository has. */
    Catalog catalog(JsonNode wish, @Nullable Identity identity) throws IOException {
        return new CatalogReader(repository, layout(wish.path("systemId").asText("")), trusted(wish), identity).read();
    }

    /**
     * The image of the shared state beside a backup.
     *
     * @param of of which backup; null: of the newest that is complete and has one
     * @param systemId as {@link #layout} takes it
     */
    public byte[] stateImage(@Nullable BackupId of, String systemId) throws IOException {
        Layout layout = layout(systemId);
        BackupId chosen = of == null ? newestWithState(layout) : of;
        GetResult got = chosen == null ? new GetResult.Missing() : repository.get(layout.state(chosen));
        return switch (got) {
            case GetResult.Missing _ -> throw new Problem("HF-5178",
                    chosen == null
                            ? "no backup in " + repository.where() + " has an image of the shared state"
                            : "backup " + chosen + " has no image of the shared state",
                    "'holdfast backup show' says which has one; those of earlier releases have none.").toException();
            case GetResult.Failed failed -> throw new RepositoryException(failed.failure(),
                    new IOException(failed.failure().problem().fact()));
            case GetResult.Found found -> {
                try (InputStream stream = found.stream()) {
                    yield stream.readAllBytes();
                }
            }
        };
    }

    private @Nullable BackupId newestWithState(Layout layout) throws IOException {
        List<StoredObject> objects = switch (repository.list(layout.backups())) {
            case ListResult.Listed listed -> listed.objects();
            case ListResult.Failed failed -> throw new RepositoryException(failed.failure(),
                    new IOException(failed.failure().problem().fact()));
        };
        Set<RepositoryPath> there = objects.stream().map(StoredObject::path).collect(Collectors.toSet());
        String below = layout.backups().value() + "/";
        return there.stream()
                .map(path -> path.value().substring(below.length()).replaceFirst("/.*", ""))
                .distinct()
                .flatMap(name -> BackupId.read(name).stream())
                .filter(id -> there.contains(layout.state(id)) && there.contains(layout.manifest(id)))
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    @Override
    public void close() {
        repository.close();
    }
}
