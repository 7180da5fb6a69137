package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.SharedMemory;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Upkeep;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done for a running PostgreSQL beside the turns, now and then and when the settings change: its parameters are those of the
 * settings, its permanent slots are there, and the others hear what they must know of it. Nothing of it can cost the leadership, so
 * a failure is noted, and tried again the next time.
 */
final class Keeping {
    private static final Logger LOG = LoggerFactory.getLogger(Keeping.class);
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final Duration BETWEEN = Duration.ofSeconds(5);
    /** Looks after a change: each process of PostgreSQL reads its files by itself. */
    private static final int LOOKS = 3;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final String RUNNING = "select name, setting, pending_restart, current_setting('server_version_num')::int"
            + " from pg_settings where pending_restart or name in ("
            + "'wal_segment_size', "
            + SharedMemory.DEFAULTS.keySet().stream().map(n -> "'" + n + "'").collect(Collectors.joining(", ")) + ")";

    private final PostgresOptions options;
    private final Commands commands;
    private final Configuration configuration;
    private final PostgresProcess process;
    private final Monitor monitor;
    private final News news;
    private final PermanentSlots slots;
    private final WalFiles wal;
    private @Nullable ClusterSettings applied;
    private boolean wasPrimary;
    private long dueNanos = System.nanoTime();
    private int looks;
    private Upkeep told = Upkeep.NONE;
    private String lastFailure = "";

    Keeping(PostgresOptions options, Commands commands, DurableFiles files, Configuration configuration,
            PostgresProcess process, Monitor monitor, News news) {
        this.options = options;
        this.commands = commands;
        this.configuration = configuration;
        this.process = process;
        this.monitor = monitor;
        this.news = news;
        this.slots = new PermanentSlots(options, files, monitor, news);
        this.wal = new WalFiles(options.data());
    }

    /** One turn; gives what the others must know. */
    Upkeep turn(LocalPostgres seen, Upkeep primary) {
        boolean isPrimary = seen instanceof LocalPostgres.Primary;
        if (!isPrimary && !(seen instanceof LocalPostgres.Standby)) {
            told = Upkeep.NONE;
            applied = null;
            return told;
        }
        ClusterSettings wanted = options.settings().get();
        boolean changed = !wanted.equals(applied) || isPrimary != wasPrimary;
        if (!changed && System.nanoTime() - dueNanos < 0) {
            return told;
        }
        wasPrimary = isPrimary;
        try {
            told = keep(isPrimary, primary);
            applied = wanted;
            lastFailure = "";
        } catch (IOException | RuntimeException e) {
            failed(e);
        }
        looks = changed ? LOOKS : Math.max(0, looks - 1);
        dueNanos = System.nanoTime() + (looks > 0 ? BETWEEN_LOOKS : BETWEEN).toNanos();
        return told;
    }

    private void failed(Exception e) {
        String why = String.valueOf(e.getMessage());
        if (!why.equals(lastFailure)) {
            LOG.warn("the settings are not wholly in force here yet: {}", why, e);
        }
        lastFailure = why;
    }

    private Upkeep keep(boolean isPrimary, Upkeep primary) throws IOException {
        Running running = read();
        apply(isPrimary, running.sharedMemory());
        tell(running.pending());
        Map<String, Lsn> kept = Map.of();
        if (isPrimary) {
            kept = slots.onPrimary(running.version());
        } else {
            slots.onStandby(primary, running.version());
        }
        return new Upkeep(running.pending(), running.sharedMemory(),
                isPrimary ? wal.oldest(running.segmentBytes()) : null, kept);
    }

    /**
     * What the server says of itself.
     *
     * @param pending parameters that wait for a restart
     * @param sharedMemory those of {@link SharedMemory}
     * @param version its version's number, 150018 say
     * @param segmentBytes the size of a WAL segment
     */
    private record Running(SortedSet<String> pending, Map<String, Long> sharedMemory, int version, long segmentBytes) {}

    private Running read() {
        SortedSet<String> pending = new TreeSet<>();
        Map<String, Long> sharedMemory = new TreeMap<>();
        int version = 0;
        long segmentBytes = 0;
        for (Row row : monitor.ask("read the parameters", ANSWER, RUNNING)) {
            String name = row.getString(0);
            if (row.getBoolean(2)) {
                pending.add(name);
            }
            if (SharedMemory.DEFAULTS.containsKey(name)) {
                sharedMemory.put(name, Long.valueOf(row.getString(1)));
            } else if (name.equals("wal_segment_size")) {
                segmentBytes = Long.parseLong(row.getString(1));
            }
            version = row.getInteger(3);
        }
        return new Running(pending, sharedMemory, version, segmentBytes);
    }

    private void apply(boolean isPrimary, Map<String, Long> running) throws IOException {
        Map<String, Long> wanted = configuration.wantedSharedMemory();
        Map<String, Long> taken = wanted;
        // Only a standby that could get less than its primary has must look at what that is.
        if (!isPrimary
                && running.entrySet().stream().anyMatch(e -> wanted.getOrDefault(e.getKey(), 0L) < e.getValue())) {
            taken = SharedMemory.ofStandby(wanted, ControlFile.read(commands, options.data()).sharedMemory());
        }
        boolean changed = configuration.isChanged(taken);
        Set<String> foreign = configuration.foreign();
        if (!changed && foreign.isEmpty()) {
            return;
        }
        configuration.writeFiles(taken);
        configuration.writeUnchanged();
        process.reload();
        looks = LOOKS;
        if (changed) {
            LOG.info("The parameters have changed; PostgreSQL reads them");
        } else {
            // Not with its value, in which a password may stand.
            news.tell(EventType.SETTING_UNDONE, String.join(", ", foreign) + " on " + options.self()
                    + (foreign.size() == 1 ? " was" : " were")
                    + " changed by ALTER SYSTEM, and " + (foreign.size() == 1 ? "is" : "are") + " Holdfast's again",
                    Map.of("parameters", String.join(",", foreign)));
        }
    }

    /** Once for each parameter. */
    private void tell(SortedSet<String> pending) {
        SortedSet<String> fresh = new TreeSet<>(pending);
        fresh.removeAll(told.pendingRestart());
        if (!fresh.isEmpty()) {
            news.tell(EventType.PENDING_RESTART, String.join(", ", fresh) + " on " + options.self()
                    + (fresh.size() == 1 ? " takes" : " take") + " effect when its PostgreSQL is restarted",
                    Map.of("parameters", String.join(",", fresh)));
        }
    }
}
