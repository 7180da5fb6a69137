package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.PageCheck;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RelationFile;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalPresence;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.statesync.Lsn;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Backups and restores of a made-up data directory without a server, by the code that does the real ones: for the JVM to learn
 * from while it makes the AOT cache of the worker, and for nothing else.
 */
public final class Rehearsal implements AutoCloseable {
    private static final String CLUSTER = "rehearsal";
    private static final int PAGE = RelationFile.PAGE_BYTES;
    private static final int LARGE_PAGES = 3000;
    private static final int SMALL_FILES = 200;
    private static final int ROUNDS = 4;
    private static final int CHECKSUM_AT = 8;
    private static final int UPPER_AT = 14;
    private static final Lsn START = new Lsn(1 << 24);

    private final Path room;
    private final Path data;
    private final Random random = new Random(1);
    private final Identity identity = Identity.generate();
    private final SigningKey signer = SigningKey.generate();
    private final FileRepository repository;
    private final Vertx vertx = Vertx.vertx();

    /** In an empty directory. */
    public Rehearsal(Path room) {
        this.room = room;
        this.data = room.resolve("data");
        this.repository = new FileRepository(room.resolve("repository"));
    }

    /** Some chains of two backups, each restored twice. */
    public void run() throws IOException {
        fill();
        for (int round = 0; round < ROUNDS; round++) {
            Manifest full = backup(round, null);
            change();
            List<Manifest> chain;
            try (BlockMap map = map(full)) {
                chain = List.of(full, backup(round, new BackupMapParent(full.id(), map)));
            }
            restore(round, chain, false);
            change();
            restore(round, chain, true);
        }
    }

    /** A relation of many pages, many of one, and what else a backup must find. */
    private void fill() throws IOException {
        Files.createDirectories(data.resolve("base/5"));
        Files.createDirectories(data.resolve("global"));
        Files.createDirectories(data.resolve("pg_wal"));
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        Files.write(data.resolve(BackupPlan.CONTROL), new byte[PAGE]);
        Files.write(data.resolve("base/5/16384"), pages(LARGE_PAGES));
        for (int i = 0; i < SMALL_FILES; i++) {
            Files.write(data.resolve("base/5/" + (20_000 + i)), pages(i % 3));
        }
    }

    private byte[] pages(int count) {
        byte[] pages = new byte[count * PAGE];
        for (int i = 0; i < count; i++) {
            fill(pages, i);
        }
        return pages;
    }

    /** Half of a page compresses well, as rows do. */
    private void fill(byte[] pages, int block) {
        ByteBuffer page = ByteBuffer.wrap(pages, block * PAGE, PAGE).slice().order(ByteOrder.LITTLE_ENDIAN);
        while (page.hasRemaining()) {
            page.putInt(page.position() % 64 < 32 ? block : random.nextInt());
        }
        page.putInt(0, 0).putInt(4, 1).putShort(UPPER_AT, (short) PAGE);
        page.putShort(CHECKSUM_AT, (short) PageCheck.checksum(pages, block * PAGE, block));
    }

    private void change() throws IOException {
        Path large = data.resolve("base/5/16384");
        byte[] pages = Files.readAllBytes(large);
        for (int i = 0; i < LARGE_PAGES / 10; i++) {
            fill(pages, random.nextInt(LARGE_PAGES));
        }
        Files.write(large, pages);
    }

    private Manifest backup(int round, @Nullable BackupMapParent parent) {
        Encryption encryption = new Encryption.To(identity.recipients());
        BackupId.Kind kind = parent == null ? BackupId.Kind.FULL : BackupId.Kind.INCREMENTAL;
        BackupRequest request = new BackupRequest(CLUSTER + round, "a", new DatabaseAddress(data, 0, "nobody", null),
                parent, encryption, encryption, ShardSizes.of(kind), Workers.threads(), 0,
                true, Duration.ZERO, room.resolve("work"));
        return switch (new BackupRun(vertx, repository, (_, _) -> new WalPresence.Presence.Complete(), signer)
                .run(request, BackupProgress.NONE, () -> new Nobody(data))) {
            case BackupResult.Complete complete -> complete.manifest();
            case BackupResult.Failed failed -> throw failed.problem().toException();
        };
    }

    private BlockMap map(Manifest parent) {
        if (BlockMaps.read(repository, parent.layout(), parent.id(), parent.form(), identity,
                room) instanceof BlockMaps.Found.Open open) {
            return open.map();
        }
        throw new IllegalStateException("no map of " + parent.id());
    }

    private void restore(int round, List<Manifest> chain, boolean over) throws IOException {
        RestorePlan plan = new RestorePlan(RestoreRequest.to(new RecoveryTarget.Latest()), chain,
                TimelineHistory.first(new TimelineId(1)), List.of(), 0, 0, "", "");
        new RestoreRun(repository, identity, plan, new RestoreOptions(room.resolve("restored-" + round), over, Map.of(),
                "false", RestoreOptions.AtTarget.PROMOTE, Workers.threads())).run();
    }

    /** Says what a server would. */
    private record Nobody(Path data) implements BackupServer {
        @Override
        public Facts facts() {
            return new Facts(new Manifest.Server(150_000, new WalSegmentSize(1 << 24), true), new SystemId("1"), data,
                    false);
        }

        @Override
        public Lsn start(Facts facts, String label, boolean fast) {
            return START;
        }

        @Override
        public List<Manifest.Tablespace> tablespaces() {
            return new ArrayList<>();
        }

        @Override
        public Stopped stop(Facts facts) {
            return new Stopped(START, new TimelineId(1), """
                    START WAL LOCATION: %s (file 000000010000000000000001)
                    START TIMELINE: 1
                    """.formatted(START), "");
        }

        @Override
        public void requireAlive() {
            // Nobody is not lost.
        }

        @Override
        public void close() {
            // There is nothing to close.
        }
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
