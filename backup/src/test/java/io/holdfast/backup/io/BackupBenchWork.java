package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.ManifestResult;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalPresence;
import io.holdfast.config.Encryption;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One of the works of {@link BackupBench}, in a process of its own, as the worker is one. */
final class BackupBenchWork {
    private static final String CLUSTER = "bench";

    private final Path base;
    private final int port;
    private final FileRepository repository;
    private final Identity identity;
    private final SigningKey signer;

    private BackupBenchWork(Path base, int port) {
        this.base = base;
        this.port = port;
        this.repository = new FileRepository(base.resolve("holdfast"));
        this.identity = Identity.read(base.resolve("backup.key"));
        this.signer = SigningKey.readOrMake(base.resolve("signing.key"));
    }

    /** The directory of the bench, the port, {@code backup} or {@code restore}; then where to, and whether over a copy. */
    public static void main(String... arguments) throws IOException {
        BackupBenchWork work = new BackupBenchWork(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        if (arguments[2].equals("backup")) {
            work.backup();
        } else {
            work.restore(Path.of(arguments[3]), arguments.length > 4);
        }
        System.exit(0);
    }

    /** A full one, or one that follows the newest. */
    private void backup() throws IOException {
        List<Manifest> chain = chain();
        BackupMapParent parent = chain.isEmpty() ? null : parent(chain.getLast());
        Encryption encryption = new Encryption.To(identity.recipients());
        BackupId.Kind kind = parent == null ? BackupId.Kind.FULL : BackupId.Kind.INCREMENTAL;
        BackupRequest request = new BackupRequest(CLUSTER, "db1",
                new DatabaseAddress(base, port, "postgres", null), parent, encryption, encryption,
                ShardSizes.of(kind), Workers.threads(), 0, true, Duration.ofMinutes(1), base.resolve("work"));
        BackupResult result = new BackupRun(Vertx.vertx(), repository,
                (range, atMost) -> new WalPresence.Presence.Complete(), signer).run(request, BackupProgress.NONE);
        if (result instanceof BackupResult.Failed failed) {
            throw failed.problem().toException();
        }
    }

    private BackupMapParent parent(Manifest manifest) {
        BlockMaps.Found found = BlockMaps.read(repository, manifest.layout(), manifest.id(), Form.SEALED, identity,
                base);
        if (found instanceof BlockMaps.Found.Open open) {
            return new BackupMapParent(manifest.id(), open.map());
        }
        throw new IllegalStateException(found.toString());
    }

    private void restore(Path directory, boolean over) throws IOException {
        RestorePlan plan = new RestorePlan(RestoreRequest.to(new RecoveryTarget.Latest()), chain(),
                TimelineHistory.first(new TimelineId(1)), List.of(), 0, 0, "it is measured", "nothing");
        new RestoreRun(repository, identity, plan, new RestoreOptions(directory, over, Map.of(), "false",
                RestoreOptions.AtTarget.PROMOTE, Workers.threads())).run();
    }

    /** All backups that there are: the bench makes one chain at a time. */
    private List<Manifest> chain() throws IOException {
        String system = only(base.resolve("holdfast").resolve(CLUSTER));
        if (system == null) {
            return List.of();
        }
        Layout layout = new Layout(CLUSTER, new SystemId(system));
        List<Manifest> chain = new ArrayList<>();
        try (Stream<Path> backups = Files.list(base.resolve("holdfast").resolve(layout.backups().value()))) {
            for (Path backup : backups.sorted().toList()) {
                BackupId id = BackupId.read(String.valueOf(backup.getFileName())).orElseThrow();
                if (new Manifests(repository).read(layout, id,
                        Set.of(signer.signer())) instanceof ManifestResult.Found found) {
                    chain.add(found.manifest());
                }
            }
        }
        return chain;
    }

    private static @Nullable String only(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return null;
        }
        try (Stream<Path> found = Files.list(folder)) {
            return found.map(path -> String.valueOf(path.getFileName())).findFirst().orElse(null);
        }
    }
}
