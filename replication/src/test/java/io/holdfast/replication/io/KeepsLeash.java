package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.io.PostgresOptions.Endpoint;
import io.holdfast.replication.io.PostgresOptions.Superuser;
import io.holdfast.statesync.MemberName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An agent that does nothing but keep its leash, until it is killed. */
final class KeepsLeash {
    static final Duration HOLD = Duration.ofMillis(3000);

    private KeepsLeash() {}

    public static void main(String[] args) throws InterruptedException {
        Leash leash = new Leash(new PostgresOptions(new MemberName("db1"), Path.of(args[0]), PostgresRig.BIN,
                new Endpoint("127.0.0.1", 1), Path.of("/nowhere"), Path.of(args[1]), List.of(),
                new Superuser("postgres", null),
                "holdfast_repl", null, name -> null, List.of(), null, () -> ClusterSettings.DEFAULTS,
                args[2].isEmpty() ? null : args[2]));
        leash.arm(Uptime.now().plus(Duration.ofSeconds(60)));
        System.out.println("armed");
        while (leash.extend(Uptime.now().plus(HOLD))) {
            Thread.sleep(100);
        }
        throw new IllegalStateException("the leash is gone");
    }
}
