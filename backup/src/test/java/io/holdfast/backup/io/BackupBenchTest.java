package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupProgress;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.ShardSizes;
import io.holdfast.config.Encryption;
import io.holdfast.testkit.io.Commands;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How fast a full backup is, beside zstd alone on the same files at the same time. */
@Tag("bench")
final class BackupBenchTest {
    private static final int ROUNDS = 3;

    @Test
    void aFullBackupBesideZstd() throws IOException {
        Vertx vertx = Vertx.vertx();
        try (BackupRig rig = new BackupRig()) {
            BackupRig.Server server = rig.primary();
            BackupRig.must(BackupRig.bin("pgbench"), "-i", "-s", "14", "-q", "-h", rig.base.toString(), "-p",
                    server.port + "", "-U", "postgres", "postgres");
            server.sql(
                    "CREATE TABLE documents AS SELECT i AS id, jsonb_build_object('name', md5(i::text), 'rank', i % 97,"
                            + " 'words', repeat('lorem ', i % 9)) AS document FROM generate_series(1, 400000) i; CHECKPOINT");
            for (int round = 0; round < ROUNDS; round++) {
                for (int threads = 1; threads <= 2; threads++) {
                    zstd(server, threads);
                    backup(vertx, rig, server, threads, round + "-" + threads);
                }
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static void zstd(BackupRig.Server server, int threads) {
        long from = System.nanoTime();
        String bytes = Commands.must("bash", "-c", "cd " + server.data + "; find base global -type f -print0 | "
                + "xargs -0 cat | zstd -3 -T" + threads + " -qc | wc -c; ");
        report("zstd -3 -T" + threads, from, 0, Long.parseLong(bytes.strip()));
    }

    private static void backup(Vertx vertx, BackupRig rig, BackupRig.Server server, int threads, String name) {
        Encryption encryption = new Encryption.To(Identity.generate().recipients());
        BackupRequest request = new BackupRequest("bench" + name, "db1", server.address, null, encryption, encryption,
                ShardSizes.FULL, threads, 0, true, Duration.ofMinutes(1), rig.base.resolve("work"));
        long from = System.nanoTime();
        BackupResult result = new BackupRun(vertx, new FileRepository(rig.base.resolve("repository")),
                rig.wal(server), SigningKey.generate()).run(request, BackupProgress.NONE);
        Manifest manifest = assertInstanceOf(BackupResult.Complete.class, result).manifest();
        assertTrue(manifest.plainBytes() > 250L << 20, manifest.plainBytes() + " bytes");
        report("backup with " + threads + " threads", from, manifest.plainBytes(), manifest.storedBytes());
    }

    private static void report(String what, long fromNanos, long plainBytes, long storedBytes) {
        double seconds = (System.nanoTime() - fromNanos) / 1e9;
        System.out.printf("  measured: %s %.2f s, %d MB in, %d MB out, %.0f MB/s%n", what, seconds, plainBytes >> 20,
                storedBytes >> 20, plainBytes / 1e6 / seconds);
    }
}
