package io.holdfast.backup.io;

import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.WalPresence;
import io.holdfast.config.Encryption;
import io.holdfast.config.Recipient;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A process that makes a backup, and is gone in the middle of it as if it had been killed. */
final class KilledBackup {
    static final int KILLED = 137;

    private KilledBackup() {}

    public static void main(String[] arguments) {
        Path base = Path.of(arguments[0]);
        Recipient recipient = new Recipient(arguments[2]);
        BackupRequest request = new BackupRequest("orders", "db1",
                new DatabaseAddress(base, Integer.parseInt(arguments[1]), "postgres", null), null,
                new Encryption.To(List.of(recipient)),
                new Encryption.To(List.of(recipient, new Recipient(arguments[3]))), new ShardSizes(4 << 20, 2 << 20),
                2, 20 << 20, true, Duration.ofSeconds(60), base.resolve("work"));
        new BackupRun(Vertx.vertx(), new FileRepository(base.resolve("repository")),
                (range, atMost) -> new WalPresence.Presence.Complete(), SigningKey.generate())
                .run(request, (done, total, rate) -> {
                    if (done > total * 2 / 3) {
                        Runtime.getRuntime().halt(KILLED);
                    }
                });
        System.exit(1);
    }
}
