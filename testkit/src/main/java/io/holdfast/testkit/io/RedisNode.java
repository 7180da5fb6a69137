package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** One node of a {@link RedisTrio}: a Redis and a Sentinel, and the ways to break them. */
public final class RedisNode implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String name;
    private final LabSlot slot;
    private final LabNetwork network;
    private final RedisTrio.Spec spec;
    private final Path directory;
    private @Nullable Process redis;
    private @Nullable Process sentinel;

    RedisNode(String name, LabSlot slot, LabNetwork network, RedisTrio.Spec spec, Path directory) {
        this.name = name;
        this.slot = slot;
        this.network = network;
        this.spec = spec;
        this.directory = RedisTrio.made(directory);
        Path data = RedisTrio.made(data());
        if (spec.persistent() && Commands.ROOT) {
            // A file system of its own: permission bits do not keep root from writing.
            Commands.must("mount", "-t", "tmpfs", "-o", "size=32M", "tmpfs", data.toString());
        }
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Where its Redis listens. */
    public HostAndPort redis() {
        return new HostAndPort(network.host(name), network.port(name, LabNetwork.Service.REDIS));
    }

    /** Where its Sentinel listens. */
    public HostAndPort sentinel() {
        return new HostAndPort(network.host(name), network.port(name, LabNetwork.Service.SENTINEL));
    }

    /** A connection to its Redis; it gives up after a second. */
    public Jedis connect() {
        return RedisTrio.open(redis());
    }

    private Path data() {
        return directory.resolve("data");
    }

    // ---- starting

    /** Starts its Redis, as a replica of another or as a master. */
    public void startRedis(Optional<HostAndPort> of) {
        startRedis(of, List.of());
    }

    private void startRedis(Optional<HostAndPort> of, List<String> more) {
        List<String> lines = new ArrayList<>(List.of("port " + redis().getPort(), "bind " + redis().getHost(),
                "dir " + data(), "rdbcompression no", "save \"" + (spec.persistent() ? "3600 1" : "") + "\"",
                "protected-mode no",
                "repl-diskless-sync-delay 0", "repl-diskless-load on-empty-db"));
        lines.addAll(spec.settings());
        lines.addAll(more);
        of.ifPresent(master -> lines.add("replicaof " + master.getHost() + " " + master.getPort()));
        write("redis.conf", lines);
        restartRedis();
    }

    /** Starts its Redis with what it, or a Sentinel, had last written down. */
    public void restartRedis() {
        redis = start("redis-server", directory.resolve("redis.conf"), "redis.log");
        Eventually.within(PATIENCE, name + " answers", () -> {
            try (Jedis jedis = connect()) {
                // Whoever must log in first, or loads its data, gives an answer too.
                return "PONG".equals(jedis.ping());
            } catch (JedisException e) {
                return String.valueOf(e.getMessage()).matches("(?s)(NOAUTH|LOADING).*");
            }
        });
    }

    /** Starts its Sentinel, which knows of a master and finds out the rest. */
    public void startSentinel(HostAndPort master) {
        List<String> lines = new ArrayList<>(List.of("port " + sentinel().getPort(),
                "bind " + sentinel().getHost(), "dir " + directory, "protected-mode no",
                "sentinel monitor " + RedisTrio.MASTER + " " + master.getHost() + " " + master.getPort() + " 2",
                "sentinel down-after-milliseconds " + RedisTrio.MASTER + " " + spec.downAfter().toMillis(),
                "sentinel failover-timeout " + RedisTrio.MASTER + " 10000"));
        lines.addAll(spec.sentinelSettings());
        write("sentinel.conf", lines);
        restartSentinel();
    }

    /** Starts its Sentinel with what it had last written down. */
    public void restartSentinel() {
        sentinel = start("redis-sentinel", directory.resolve("sentinel.conf"), "sentinel.log");
    }

    /** Starts what does not run of its Redis and its Sentinel, as they were last. */
    public void restartWhatIsDown() {
        if (!isAlive(redis)) {
            restartRedis();
        }
        if (!isAlive(sentinel)) {
            restartSentinel();
        }
    }

    /** Whether its Redis runs. */
    public boolean runs() {
        return isAlive(redis);
    }

    private static boolean isAlive(@Nullable Process process) {
        return process != null && process.isAlive();
    }

    private void write(String file, List<String> lines) {
        try {
            Files.write(directory.resolve(file), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start(String program, Path configuration, String log) {
        List<String> command = new ArrayList<>(network.enter(name));
        command.addAll(List.of(program, configuration.toString()));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(directory.resolve(log).toFile()));
        String[] tag = slot.tag(name).split("=", 2);
        builder.environment().put(tag[0], tag[1]);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- breaking

    /** Kills its Redis. */
    public void kill() {
        end(redis);
    }

    /** Kills its Sentinel. */
    public void killSentinel() {
        end(sentinel);
    }

    /** Kills its Redis and starts it again at once, as a master, as a supervisor would. */
    public void restartFast() {
        kill();
        startRedis(Optional.empty());
    }

    /**
     * Has its Redis save, kills it and starts it again at once, as a master that takes its time to load.
     *
     * @param each how long it takes for each key
     */
    public void restartLoading(Duration each) {
        try (Jedis jedis = connect()) {
            jedis.save();
        }
        kill();
        startRedis(Optional.empty(), List.of("key-load-delay " + each.toNanos() / 1000,
                "loading-process-events-interval-bytes 1024"));
    }

    /** Stops its Redis in the middle of whatever it does. */
    public void freeze() {
        signal(redis, Signals.STOP);
    }

    /** Lets it go on. */
    public void thaw() {
        signal(redis, Signals.CONT);
    }

    /** Makes the disk of a Redis with snapshots read-only, and has it find out: it refuses writes from then on. */
    public void spoilDisk() {
        if (Commands.ROOT) {
            Commands.must("mount", "-o", "remount,ro", data().toString());
        } else {
            LabSlot.mode(data(), "r-xr-xr-x");
        }
        try (Jedis jedis = connect()) {
            jedis.bgsave();
            Eventually.within(PATIENCE, name + " could not save",
                    () -> jedis.info("persistence").contains("rdb_last_bgsave_status:err"));
        }
    }

    /** Makes it writable again, and has it find out. */
    public void repairDisk() {
        if (Commands.ROOT) {
            Commands.must("mount", "-o", "remount,rw", data().toString());
        } else {
            LabSlot.mode(data(), "rwxr-xr-x");
        }
        try (Jedis jedis = connect()) {
            jedis.bgsave();
        }
    }

    /** Points it at another master than Sentinel wants. */
    public void follow(HostAndPort other) {
        try (Jedis jedis = connect()) {
            jedis.replicaof(other.getHost(), other.getPort());
        }
    }

    private static void signal(@Nullable Process process, int signal) {
        if (process == null || !process.isAlive() || !Signals.send(process.pid(), signal)) {
            throw new IllegalStateException("there is no process to signal");
        }
    }

    private static void end(@Nullable Process process) {
        if (process != null) {
            process.destroyForcibly()
                    .onExit()
                    .orTimeout(PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS)
                    .join();
        }
    }

    @Override
    public void close() {
        end(sentinel);
        end(redis);
    }

    @Override
    public String toString() {
        return name + " at " + redis();
    }
}
