package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupLabel;
import io.holdfast.backup.BackupPlan;
import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.BlockHash;
import io.holdfast.backup.Form;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.SourceTree;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalPresence;
import io.holdfast.backup.WalSpan;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import io.holdfast.statesync.Lsn;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a base backup of a running PostgreSQL, primary or standby, by the low-level API. One of these for each backup, and
 * one at a time for a directory of work. It is complete when its manifest is stored, which is the last thing that is done; before that it is nothing.
 */
public final class BackupRun {
    private final Vertx vertx;
    private final Repository repository;
    private final WalPresence wal;
    private final SigningKey signer;
    private final AtomicReference<@Nullable Problem> ended = new AtomicReference<>();

    /**
     * With what it needs.
     *
     * @param wal says when the WAL of the backup is in the repository
     * @param signer signs the manifest
     */
    public BackupRun(Vertx vertx, Repository repository, WalPresence wal, SigningKey signer) {
        this.vertx = vertx;
        this.repository = repository;
        this.wal = wal;
        this.signer = signer;
    }

    /** Gives it up, soon; the next attempt goes on where this one was. */
    public void cancel() {
        ended.compareAndSet(null, new Problem("HF-2068", "the backup was cancelled",
                "the next one keeps what is stored of it, as far as the files are the same."));
    }

    /** Makes it, on the calling thread and some of its own. */
    public BackupResult run(BackupRequest request, BackupProgress progress) {
        return run(request, progress, () -> BackupConnection.open(vertx, request.address()));
    }

    /** The same, of any server. */
    BackupResult run(BackupRequest request, BackupProgress progress, Supplier<BackupServer> connect) {
        try (InProgress record = InProgress.open(request.work()); BackupServer server = connect.get()) {
            return make(request, progress, server, record);
        } catch (HoldfastException e) {
            return new BackupResult.Failed(e.problem());
        }
    }

    private BackupResult make(BackupRequest request, BackupProgress progress, BackupServer server,
            InProgress record) {
        BackupServer.Facts facts = server.facts();
        Lsn start = server.start(facts, "holdfast " + request.kind().word() + " " + request.cluster(),
                request.fast());
        SourceTree tree = scan(facts);
        Attempt attempt = Attempt.of(repository, request, facts, tree, record);
        try {
            return new BackupResult.Complete(make(request, attempt, server, facts, tree,
                    reading(request, progress, server, facts, start, tree, attempt)), attempt.keptBytes());
        } catch (HoldfastException e) {
            attempt.clearIfFull();
            throw e;
        }
    }

    private Manifest make(BackupRequest request, Attempt attempt, BackupServer server,
            BackupServer.Facts facts, SourceTree tree, ReadOptions reading) {
        attempt.storeAll(reading, BackupPlan.of(tree, request.sizes(), attempt.storedPieces()).shards(), ended);
        ControlCopy control = ControlCopy.of(facts.data());
        attempt.storeSmall(new SmallFiles().add(BackupPlan.CONTROL, control.bytes(), control.modified()));
        reading.pace().step(control.bytes().length);
        List<Manifest.Tablespace> tablespaces = server.tablespaces();
        BackupServer.Stopped stopped = server.stop(facts);
        Manifest.WalRange range = range(stopped);
        Manifest.Verdict verdict = attempt.verdict(range);
        attempt.storeSmall(last(stopped, attempt, control, WalSpan.of(range, history(facts, range))));
        attempt.storeMap();
        awaitWal(range, request);
        requireWanted();
        Manifest manifest = new Manifest(Manifest.FORMAT, request.cluster(), facts.systemId(), attempt.id(),
                request.parent() == null ? null : request.parent().id(), Instant.now(), request.member(),
                facts.isStandby(), facts.server(), range, Form.of(request.encryption()), recipients(request),
                tablespaces, stopped.label(), attempt.objects(), verdict, signer.signer());
        attempt.removeOrphans();
        if (request.state() != null) {
            attempt.storeState(request.state());
        }
        storeManifest(manifest, attempt);
        attempt.forget();
        return manifest;
    }

    private void requireWanted() {
        Problem problem = ended.get();
        if (problem != null) {
            throw problem.toException();
        }
    }

    private static SourceTree scan(BackupServer.Facts facts) {
        try {
            return DataScan.of(facts.data());
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private ReadOptions reading(BackupRequest request, BackupProgress progress, BackupServer server,
            BackupServer.Facts facts, Lsn start, SourceTree tree, Attempt attempt) {
        Throttle throttle = new Throttle(request.bytesPerSecond());
        Meter meter = new Meter(progress, tree.bytes(), attempt.keptBytes());
        return new ReadOptions(facts.data(), attempt.owner(), start, facts.server().checksums(),
                new BlockHash(attempt.key()), request.parent() == null ? null : request.parent().map(), bytes -> {
                    requireWanted();
                    server.requireAlive();
                    throttle.pass(bytes);
                    meter.count(bytes);
                });
    }

    /** What makes a restored directory a backup, and proves it; it goes in last. */
    private static SmallFiles last(BackupServer.Stopped stopped, Attempt attempt, ControlCopy control,
            List<WalSpan> spans) {
        Instant now = Instant.now();
        SmallFiles last = new SmallFiles().add("backup_label", bytes(stopped.label()), now);
        if (!stopped.map().isEmpty()) {
            last.add("tablespace_map", bytes(stopped.map()), now);
        }
        PostgresManifest manifest = new PostgresManifest();
        last.describe(manifest);
        attempt.describe(manifest);
        new SmallFiles().add(BackupPlan.CONTROL, control.bytes(), control.modified()).describe(manifest);
        return last.add("backup_manifest", bytes(manifest.finish(spans)), now);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Manifest.WalRange range(BackupServer.Stopped stopped) {
        BackupLabel label = BackupLabel.read(stopped.label())
                .orElseThrow(() -> new IllegalStateException("not a backup_label: " + stopped.label()));
        return new Manifest.WalRange(label.timeline(), label.start(), stopped.timeline(), stopped.stop());
    }

    /** Where the last timeline comes from; empty where that does not matter. */
    private static String history(BackupServer.Facts facts, Manifest.WalRange range) {
        TimelineId last = range.stopTimeline();
        if (last.equals(range.startTimeline())) {
            return "";
        }
        try {
            return Files.readString(facts.data().resolve("pg_wal").resolve(last + ".history"));
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void awaitWal(Manifest.WalRange range, BackupRequest request) {
        if (wal.await(range, request.walWithin()) instanceof WalPresence.Presence.Missing missing) {
            throw new Problem("HF-2064",
                    "the WAL of the backup did not come into the repository within " + request.walWithin().toSeconds()
                            + " s: " + missing.what(),
                    "without it the backup cannot be restored; see why WAL is not archived, and begin again.")
                    .toException();
        }
    }

    private static List<Recipient> recipients(BackupRequest request) {
        return request.encryption() instanceof Encryption.To to ? to.recipients() : List.of();
    }

    private void storeManifest(Manifest manifest, Attempt attempt) {
        switch (new Manifests(repository).store(manifest, signer)) {
            case PutResult.Stored _,PutResult.AlreadyThere _ -> {
            }
            case PutResult.Different _ -> throw Attempt.taken(manifest.layout().manifest(manifest.id())).toException();
            case PutResult.Failed failed -> throw attempt.failed(failed.failure());
        }
    }

    static HoldfastException unreadable(IOException error) {
        return new HoldfastException(new Problem("HF-2063", "the data directory cannot be read (" + error + ")",
                "it must belong to the user that makes the backup; if it does, look at its disk."), error);
    }

    /** A new name. */
    static BackupId newId(BackupRequest request) {
        return new BackupId(Instant.now(), request.kind());
    }
}
