package io.holdfast.replication.io.probe;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.replication.LocalPostgres;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** What PostgreSQL's archiver has done, and the WAL that waits for it. */
final class ArchiveProbe {
    private static final Measure ARCHIVED = Measure.counter("pg_stat_archiver_archived_count_total",
            "Files of WAL archived; their rate by the size of a segment is the throughput.");
    private static final Measure FAILED = Measure.counter("pg_stat_archiver_failed_count_total",
            "Attempts to archive a file that failed.");
    private static final Measure AGE = Measure.gauge("pg_stat_archiver_last_archive_age_seconds",
            "How long ago a file was last archived; absent when none was.");
    private static final Measure FAILING = Measure.gauge("pg_stat_archiver_failing",
            "1 when the last attempt to archive failed.");
    private static final Measure WAITING = Measure.gauge("pg_archive_ready_segments",
            "Files of WAL that wait for the archive.");
    private static final Measure WAITING_BYTES = Measure.gauge("pg_archive_ready_bytes",
            "WAL that waits for the archive, in whole segments.");

    static final List<Measure> MEASURES = List.of(ARCHIVED, FAILED, AGE, FAILING, WAITING, WAITING_BYTES);

    /** The server lists its own directory: a storage that hangs hangs there, and not here. */
    private static final String ARCHIVER = """
            select archived_count::float8 as archived, failed_count::float8 as failed,
              extract(epoch from clock_timestamp() - last_archived_time)::float8 as age,
              coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failing,
              (select count(*) from pg_ls_archive_statusdir() where name like '%.ready')::float8 as ready,
              pg_size_bytes(current_setting('wal_segment_size'))::float8 as segment
            from pg_stat_archiver where current_setting('archive_mode') <> 'off'
            """;

    private final ProbeConnection connection;
    private final Supplier<LocalPostgres> reading;

    ArchiveProbe(ProbeConnection connection, Supplier<LocalPostgres> reading) {
        this.connection = connection;
        this.reading = reading;
    }

    /** One run; there is nothing to tell where nothing is archived. */
    void run(Readings into) throws IOException, InterruptedException {
        if (!PostgresProbes.answers(reading.get())) {
            return;
        }
        for (Row row : connection.ask(ARCHIVER)) {
            into.put(ARCHIVED, Rows.number(row, "archived"));
            into.put(FAILED, Rows.number(row, "failed"));
            into.put(AGE, Rows.number(row, "age"));
            into.put(FAILING, row.getBoolean("failing"));
            into.put(WAITING, Rows.number(row, "ready"));
            into.put(WAITING_BYTES, Rows.number(row, "ready") * Rows.number(row, "segment"));
        }
    }
}
