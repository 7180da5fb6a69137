package io.holdfast.agent.io.alerts;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.Certificates;
import io.holdfast.config.io.FileStamps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What files of this node tell. They are looked at by a loop of their own, which may hang with the storage: what is old says nothing. */
final class NodeFiles {
    private static final Duration BETWEEN = Duration.ofSeconds(5);
    private static final long OLD_NANOS = Duration.ofSeconds(30).toNanos();
    private static final double DAY_SECONDS = 86_400;
    private static final Seen NOTHING = new Seen(0, OptionalDouble.empty(), Map.of());

    private final @Nullable TlsConfig tls;
    private final @Nullable Path marks;
    private final Supplier<Instant> clock;
    private volatile Seen last = NOTHING;
    /** Only the loop's thread touches these. */
    private @Nullable FileStamps stamps;
    private Map<String, Instant> ends = Map.of();

    /**
     * What a look has shown.
     *
     * @param nanos when
     * @param archiveWaitSeconds for how long WAL waits to be archived; empty: not known
     * @param ends when certificates end, by what they are
     */
    private record Seen(long nanos, OptionalDouble archiveWaitSeconds, Map<String, Instant> ends) {}

    NodeFiles(HoldfastConfig config, Supplier<Instant> clock) {
        PostgresqlConfig postgresql = config.postgresql();
        this.tls = config.tls();
        this.marks = postgresql == null || config.backup() == null
                ? null
                : postgresql.data().resolve("pg_wal/archive_status");
        this.clock = clock;
    }

    Duration turn() {
        OptionalDouble wait = marks == null ? OptionalDouble.empty() : wait(marks);
        if (tls != null) {
            read(tls);
        }
        last = new Seen(System.nanoTime(), wait, ends);
        return BETWEEN;
    }

    /** Again only when the files are others than before, or could not all be read. */
    private void read(TlsConfig files) {
        FileStamps now = FileStamps.of(files);
        if (!now.equals(stamps)) {
            Map<String, Instant> read = new TreeMap<>();
            Certificates.own(files).ifPresent(one -> read.put("own", one.end()));
            Certificates.authority(files).ifPresent(one -> read.put("authority", one.end()));
            ends = Map.copyOf(read);
            stamps = read.size() == 2 ? now : null;
        }
    }

    /** PostgreSQL marks what is to be archived with a file, and renames that when it is (manual, "pg_wal/archive_status"). */
    private OptionalDouble wait(Path directory) {
        Path oldest = null;
        try (DirectoryStream<Path> ready = Files.newDirectoryStream(directory, "*.ready")) {
            for (Path one : ready) {
                oldest = oldest == null || one.compareTo(oldest) < 0 ? one : oldest;
            }
            return OptionalDouble.of(oldest == null
                    ? 0
                    : Math.max(0, Duration.between(Files.getLastModifiedTime(oldest).toInstant(), clock.get())
                            .toMillis() / 1000.0));
        } catch (NoSuchFileException e) {
            // It was archived in this moment, or there is no database yet.
            return oldest == null ? OptionalDouble.empty() : OptionalDouble.of(0);
        } catch (IOException | DirectoryIteratorException | UncheckedIOException e) {
            return OptionalDouble.empty();
        }
    }

    /** For how long WAL waits; null: none is archived here, empty: not known. */
    @Nullable
    OptionalDouble archiveWaitSeconds() {
        return marks == null ? null : fresh().archiveWaitSeconds();
    }

    /** Days until each certificate ends. */
    Map<String, Double> certificateDays() {
        Map<String, Double> days = new TreeMap<>();
        fresh().ends()
                .forEach((file, end) -> days.put(file,
                        Math.floor(Duration.between(clock.get(), end).toSeconds() / DAY_SECONDS)));
        return days;
    }

    private Seen fresh() {
        Seen seen = last;
        return System.nanoTime() - seen.nanos() > OLD_NANOS ? NOTHING : seen;
    }
}
