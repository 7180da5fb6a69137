package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What the repository holds, as the primary's agent has its worker list it: one of all agents, since they share it. A backup counts
 * as proved once a trial restore of it has succeeded.
 */
final class BackupProbe {
    private static final Measure COUNT = Measure.gauge("holdfast_backups",
            "Backups in the repository, by their state: complete, unfinished, damaged, broken, corrupt, lacks-wal.",
            "state");
    private static final Measure STORED = Measure.gauge("holdfast_backup_stored_bytes",
            "What all backups take in the repository, without WAL.");
    private static final Measure AGE = Measure.gauge("holdfast_backup_age_seconds",
            "How long ago the newest backup began that can be restored, by its kind.", "kind");
    private static final Measure SIZE = Measure.gauge("holdfast_backup_last_plain_bytes",
            "What the newest backup that can be restored holds, before compression.");
    private static final Measure TOOK = Measure.gauge("holdfast_backup_last_duration_seconds",
            "How long the newest backup that can be restored took.");
    private static final Measure RATE = Measure.gauge("holdfast_backup_last_bytes_per_second",
            "How fast it was.");
    private static final Measure PROVED_AGE = Measure.gauge("holdfast_backup_proved_age_seconds",
            "How old the newest backup is that a trial restore has proved.");
    private static final Measure DRILL_AGE = Measure.gauge("holdfast_drill_age_seconds",
            "How long ago the last trial restore of a backup that is still there was.");
    private static final Measure DRILL_GOOD = Measure.gauge("holdfast_drill_good",
            "1 when that trial restore succeeded, 0 when it failed.");
    private static final Measure SEGMENTS = Measure.gauge("holdfast_archive_segments",
            "Segments of WAL in the repository.");

    static final List<Measure> MEASURES = List.of(COUNT, STORED, AGE, SIZE, TOOK, RATE, PROVED_AGE, DRILL_AGE,
            DRILL_GOOD,
            SEGMENTS);

    private static final String COMPLETE = "complete";

    private final BooleanSupplier isOurs;
    private final Callable<JsonNode> list;
    private final Supplier<Instant> clock;

    /**
     * Of a member.
     *
     * @param isOurs whether it is this agent that looks
     * @param list asks the worker, and waits for its answer
     */
    BackupProbe(BooleanSupplier isOurs, Callable<JsonNode> list, Supplier<Instant> clock) {
        this.isOurs = isOurs;
        this.list = list;
        this.clock = clock;
    }

    /** One run, see {@link io.holdfast.metrics.Probe#run}. */
    void run(Readings into) throws Exception {
        if (isOurs.getAsBoolean()) {
            read(list.call(), clock.get(), into);
        }
    }

    /** Out of a listing. */
    static void read(JsonNode listing, Instant now, Readings into) {
        Map<String, Double> states = new TreeMap<>(Map.of(COMPLETE, 0.0));
        double stored = 0;
        Optional<JsonNode> newest = Optional.empty();
        Optional<JsonNode> drilled = Optional.empty();
        for (JsonNode backup : listing.path("backups")) {
            states.merge(backup.path("state").asText(), 1.0, Double::sum);
            stored += backup.path("storedBytes").asDouble();
            if (backup.path("proved").has("at") && isLater(backup.path("proved").path("at"),
                    drilled.map(one -> one.path("proved").path("at")))) {
                drilled = Optional.of(backup);
            }
            if (backup.path("state").asText().equals(COMPLETE)) {
                double age = age(backup.path("startedAt"), now);
                least(into, AGE, age, backup.path("kind").asText());
                if (backup.path("proved").path("good").asBoolean()) {
                    least(into, PROVED_AGE, age);
                }
                if (isLater(backup.path("startedAt"), newest.map(one -> one.path("startedAt")))) {
                    newest = Optional.of(backup);
                }
            }
        }
        states.forEach((state, count) -> into.put(COUNT, count, state));
        into.put(STORED, stored);
        newest.ifPresent(backup -> last(into, backup));
        drilled.ifPresent(backup -> {
            into.put(DRILL_AGE, age(backup.path("proved").path("at"), now));
            into.put(DRILL_GOOD, backup.path("proved").path("good").asBoolean());
        });
        double segments = 0;
        for (JsonNode timeline : listing.path("wal")) {
            segments += timeline.path("segments").asDouble();
        }
        into.put(SEGMENTS, segments);
    }

    private static void last(Readings into, JsonNode backup) {
        double seconds = Duration.between(Instant.parse(backup.path("startedAt").asText()),
                Instant.parse(backup.path("finishedAt").asText())).toMillis() / 1e3;
        double bytes = backup.path("plainBytes").asDouble();
        into.put(SIZE, bytes);
        into.put(TOOK, seconds);
        into.put(RATE, seconds > 0 ? bytes / seconds : Double.NaN);
    }

    private static void least(Readings into, Measure measure, double value, String... labels) {
        double before = into.value(measure, labels);
        if (!(before <= value)) {
            into.put(measure, value, labels);
        }
    }

    private static boolean isLater(JsonNode one, Optional<JsonNode> other) {
        return other.isEmpty() || Instant.parse(one.asText()).isAfter(Instant.parse(other.get().asText()));
    }

    private static double age(JsonNode at, Instant now) {
        return Math.max(0, Duration.between(Instant.parse(at.asText()), now).toMillis() / 1e3);
    }
}
