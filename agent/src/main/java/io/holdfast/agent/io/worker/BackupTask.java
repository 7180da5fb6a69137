package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.BackupChain;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.WalPresence;
import io.holdfast.backup.io.ArchivedWal;
import io.holdfast.backup.io.BackupMapParent;
import io.holdfast.backup.io.BackupRequest;
import io.holdfast.backup.io.BackupRun;
import io.holdfast.backup.io.BlockMaps;
import io.holdfast.backup.io.CatalogReader;
import io.holdfast.backup.io.DatabaseAddress;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.Workers;
import io.holdfast.config.Encryption;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.Problem;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a base backup of this node's PostgreSQL. */
final class BackupTask implements Task {
    /** A restore reads every one of them. */
    private static final int MOST_INCREMENTALS = 6;
    private static final Duration FOR_WAL = Duration.ofMinutes(10);

    private final Vertx vertx;
    private final Backups backups;

    BackupTask(Vertx vertx, Backups backups) {
        this.vertx = vertx;
        this.backups = backups;
    }

    @Override
    public JsonNode run(JsonNode wish, Asked told) throws IOException {
        Layout layout = backups.layout("");
        try (Identity own = backups.own()) {
            told.step("looks at the backups that there are");
            Catalog catalog = backups.catalog(wish, own);
            try (Choice choice = choose(catalog, wish.path("full").asBoolean(), own)) {
                BackupRequest backup = request(wish, own, choice.parent());
                BackupRequest request = wish.hasNonNull("state")
                        ? backup.with(Content.of(Base64.getDecoder().decode(wish.path("state").asText())))
                        : backup;
                told.step((choice.parent() == null ? "full backup: " : "incremental backup: ") + choice.why());
                CatalogReader reader = new CatalogReader(backups.repository(), layout, backups.trusted(wish), own);
                WalPresence presence = (range, atMost) -> {
                    told.step("waits for the WAL up to " + range.stop() + " to be archived");
                    return new ArchivedWal(reader, catalog.wal().size(), told::needsWal).await(range, atMost);
                };
                BackupRun run = new BackupRun(vertx, backups.repository(), presence, backups.signing());
                told.onCancel(run::cancel);
                return switch (run.run(request, (done, total, rate) -> told.progress(done, total, "bytes"))) {
                    case BackupResult.Failed failed -> throw failed.problem().toException();
                    case BackupResult.Complete complete -> told(complete);
                };
            }
        }
    }

    /** What kind it becomes. */
    private record Choice(@Nullable BackupMapParent parent, String why) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (parent != null) {
                parent.map().close();
            }
        }
    }

    private Choice choose(Catalog catalog, boolean full, @Nullable Identity own) throws IOException {
        List<Manifest> chain = catalog.whole().isEmpty() ? List.of() : catalog.whole().getLast().manifests();
        List<BackupId> ids = chain.stream().map(Manifest::id).toList();
        BlockMaps.Found map = chain.isEmpty() || full
                ? new BlockMaps.Found.Missing()
                : BlockMaps.read(backups.repository(), catalog.layout(), ids.getLast(), chain.getLast().form(), own,
                        work());
        BackupChain.MapState state = switch (map) {
            case BlockMaps.Found.Open _ -> BackupChain.MapState.OPEN;
            case BlockMaps.Found.Missing _ -> BackupChain.MapState.MISSING;
            case BlockMaps.Found.Sealed _ -> BackupChain.MapState.SEALED;
            case BlockMaps.Found.Failed failed -> throw new RepositoryException(failed.failure(),
                    new IOException(failed.failure().problem().fact()));
        };
        BackupChain next = BackupChain.next(full ? BackupId.Kind.FULL : BackupId.Kind.INCREMENTAL, ids, state,
                MOST_INCREMENTALS);
        return switch (next) {
            case BackupChain.Full chosen -> {
                if (map instanceof BlockMaps.Found.Open open) {
                    open.map().close();
                }
                yield new Choice(null, chosen.why());
            }
            case BackupChain.Follow follow -> new Choice(map instanceof BlockMaps.Found.Open open
                    ? new BackupMapParent(follow.parent(), open.map())
                    : null, follow.why());
        };
    }

    private BackupRequest request(JsonNode wish, @Nullable Identity own, @Nullable BackupMapParent parent) {
        Encryption encryption = backups.backup().encryption();
        BackupId.Kind kind = parent == null ? BackupId.Kind.FULL : BackupId.Kind.INCREMENTAL;
        // The block map has hashes alone: this node may open it, so that the next backup can follow.
        return new BackupRequest(backups.cluster(), backups.member(), address(backups), parent, encryption,
                own == null ? encryption : own.beside(encryption), ShardSizes.of(kind),
                Workers.threads(),
                wish.path("bytesPerSecond").asLong(backups.backup().bytesPerSecond()), true, FOR_WAL,
                work());
    }

    private Path work() {
        return backups.directory().resolve("backup");
    }

    /** This node's PostgreSQL. */
    static DatabaseAddress address(Backups backups) {
        PostgresqlConfig postgresql = backups.postgresql();
        PostgresqlConfig.Account superuser = postgresql.superuser();
        return new DatabaseAddress(backups.socket(), postgresql.address().port(), superuser.user(),
                superuser.password() == null ? null : superuser.password().reveal());
    }

    /** A backup of damaged pages is kept, for it may be all that there is; but it is no success. */
    private static JsonNode told(BackupResult.Complete complete) {
        Manifest manifest = complete.manifest();
        if (!manifest.verdict().isGood()) {
            throw new Problem("HF-5109",
                    "backup " + manifest.id() + " is complete, but pages of its source are damaged: "
                            + manifest.verdict().corrupt(),
                    "It has them as they are. Look at the disk of " + manifest.member()
                            + "; another member may have them whole.")
                    .toException();
        }
        ObjectNode answer = WorkerLines.object();
        answer.put("backup", manifest.id().toString());
        answer.put("storedBytes", manifest.storedBytes());
        answer.put("plainBytes", manifest.plainBytes());
        answer.put("keptBytes", complete.keptBytes());
        answer.put("form", manifest.form() == Form.SEALED ? "sealed" : "not sealed");
        return answer;
    }
}
