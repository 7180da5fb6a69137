package io.holdfast.agent.e2e;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Chaos;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.RedisTrio;
import io.holdfast.testkit.io.Steps;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * Random faults on a real cluster under writers: {@code ChaosMain [--minutes 10] [--rounds N] [--seed N] [--archive yes]
 * [--redis no] [SETTING=VALUE …]}. Where Redis is installed, there is one on the same hosts that is broken too. Tells what it does, and, with an archive, proves that nothing is missing there afterwards; ends with 1 at the first broken promise, and says then where the logs are kept.
 */
public final class ChaosMain {
    /** In memory, and of that only what is used: far more than PostgreSQL and what is kept aside for a clone need. */
    private static final long DISK_BYTES = 768L << 20;

    private ChaosMain() {}

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        quietenJedis();
        Arguments given = new Arguments(args, List.of("minutes", "rounds", "seed", "archive", "redis"));
        long seed = given.number("seed", System.currentTimeMillis() % 1_000_000);
        LabSpec spec = roomy(LabSpec.members(3));
        boolean archives = given.text("archive", "no").equals("yes");
        if (archives) {
            spec = spec.withBackups();
        }
        if (given.text("redis", RedisTrio.isInstalled() ? "yes" : "no").equals("yes")) {
            spec = spec.withRedis();
        }
        for (String setting : given.rest()) {
            String[] pair = setting.split("=", 2);
            spec = spec.with(pair[0], pair[1]);
        }
        int exit = 0;
        Lab lab = Scenario.start(spec, new Steps("chaos"), "chaos-" + seed);
        try (lab) {
            if (archives) {
                Commands.Result full = lab.standby().cli(ArchiveProof.RESTORED, "backup", "create", "--full");
                if (full.exit() != 0) {
                    throw new AssertionError(full.text());
                }
            }
            Chaos.run(lab, seed, (int) given.number("rounds", Integer.MAX_VALUE),
                    Duration.ofMinutes(given.number("minutes", 10)));
            if (archives) {
                System.out.println(ArchiveProof.of(lab));
            }
        } catch (AssertionError e) {
            System.out.println(e.getMessage() + "\nagain with: make chaos SEED=" + seed);
            exit = 1;
        }
        if (Files.exists(lab.directory())) {
            System.out.println(lab.directory() + " is left");
            exit = 1;
        }
        System.exit(exit);
    }

    /** It tells of each broken connection, of which there are many here. */
    private static void quietenJedis() {
        if (LoggerFactory.getLogger("redis.clients.jedis") instanceof Logger jedis) {
            jedis.setLevel(Level.OFF);
        }
    }

    /** Disks that can be filled, and a PostgreSQL that has room on them. */
    static LabSpec roomy(LabSpec spec) {
        return spec.disk(DISK_BYTES)
                .parameter("max_wal_size", "96MB")
                .parameter("min_wal_size", "48MB")
                .parameter("wal_keep_size", "64MB")
                .parameter("max_slot_wal_keep_size", "128MB")
                .parameter("max_connections", "200");
    }
}
