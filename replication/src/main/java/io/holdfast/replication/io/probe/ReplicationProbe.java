package io.holdfast.replication.io.probe;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.Timeline;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** Where WAL is: on the primary how far each standby and slot is behind it, on a standby how far it has got. */
final class ReplicationProbe {
    private static final Measure UP = Measure.gauge("pg_up", "1 when PostgreSQL answers the agent, else 0.");
    private static final Measure IN_RECOVERY = Measure.gauge("pg_in_recovery", "1 on a standby, 0 on a primary.");
    private static final Measure TIMELINE = Measure.gauge("pg_timeline", "The timeline that its WAL is on.");
    private static final Measure POSITION = Measure.gauge("pg_wal_position_bytes",
            "The position in the WAL: of a primary's end, or of what a standby has received. A failover may set it back.");
    private static final Measure RECORDS = Measure.counter("pg_stat_wal_records_total", "Records of WAL generated.");
    private static final Measure FULL_PAGES = Measure.counter("pg_stat_wal_fpi_total",
            "Full page images of WAL generated.");
    private static final Measure WAL_BYTES = Measure.counter("pg_stat_wal_bytes_total",
            "Bytes of WAL generated; its rate is the WAL rate.");
    private static final Measure BUFFERS_FULL = Measure.counter("pg_stat_wal_buffers_full_total",
            "How often WAL was written because its buffers were full.");

    private static final Measure STREAMING = Measure.gauge("pg_stat_replication_streaming",
            "1 for a standby that has caught up and streams.", "standby");
    private static final Measure SYNC = Measure.gauge("pg_stat_replication_sync",
            "1 for a standby whose confirmation commits may wait for.", "standby");
    private static final Measure LAG_BYTES = Measure.gauge("pg_stat_replication_lag_bytes",
            "WAL that was written here and that a standby has not yet: sent, write, flush or replay.", "standby",
            "stage");
    private static final Measure LAG_SECONDS = Measure.gauge("pg_stat_replication_lag_seconds",
            "How long the newest confirmed WAL took to a standby: write, flush or replay; 0 when it is idle.",
            "standby",
            "stage");
    private static final Measure REPLIED = Measure.gauge("pg_stat_replication_reply_age_seconds",
            "How old the last reply of a standby is, by the two machines' clocks.", "standby");

    private static final Measure SLOT_ACTIVE = Measure.gauge("pg_replication_slot_active",
            "1 for a slot that somebody streams from.", "slot", "type");
    private static final Measure SLOT_BYTES = Measure.gauge("pg_replication_slot_retained_bytes",
            "WAL that a slot keeps.", "slot", "type");
    private static final Measure SLOT_SAFE = Measure.gauge("pg_replication_slot_safe_wal_bytes",
            "WAL that can be written before a slot is lost; absent where there is no bound.", "slot", "type");
    private static final Measure SLOT_LOST = Measure.gauge("pg_replication_slot_lost",
            "1 for a slot whose WAL is gone: it can never be used again.", "slot", "type");

    private static final Measure RECEIVER = Measure.gauge("pg_stat_wal_receiver_streaming",
            "1 on a standby whose WAL receiver streams.");
    private static final Measure HEARD = Measure.gauge("pg_stat_wal_receiver_message_age_seconds",
            "On a standby: how long ago the WAL receiver heard of its primary.");
    private static final Measure UNREPLAYED = Measure.gauge("pg_replication_unreplayed_bytes",
            "On a standby: WAL that it has received and not replayed.");
    private static final Measure REPLAY_AGE = Measure.gauge("pg_replication_lag_seconds",
            "On a standby: how old the last replayed transaction is; 0 when all that was received is replayed.");
    private static final Measure PAUSED = Measure.gauge("pg_replication_replay_paused",
            "On a standby: 1 while replay is paused.");

    static final List<Measure> MEASURES = List.of(UP, IN_RECOVERY, TIMELINE, POSITION, RECORDS, FULL_PAGES, WAL_BYTES,
            BUFFERS_FULL, STREAMING, SYNC, LAG_BYTES, LAG_SECONDS, REPLIED, SLOT_ACTIVE, SLOT_BYTES, SLOT_SAFE,
            SLOT_LOST, RECEIVER, HEARD, UNREPLAYED, REPLAY_AGE, PAUSED);

    private static final String STANDBYS = """
            select application_name as name, state = 'streaming' as streaming, sync_state in ('sync', 'quorum') as sync,
              pg_wal_lsn_diff(pg_current_wal_lsn(), sent_lsn)::float8 as sent,
              pg_wal_lsn_diff(pg_current_wal_lsn(), write_lsn)::float8 as write,
              pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn)::float8 as flush,
              pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 as replay,
              extract(epoch from write_lag)::float8 as write_lag, extract(epoch from flush_lag)::float8 as flush_lag,
              extract(epoch from replay_lag)::float8 as replay_lag,
              extract(epoch from clock_timestamp() - reply_time)::float8 as replied
            from pg_stat_replication where state <> 'backup' limit 100
            """;
    private static final String SLOTS = """
            select slot_name::text as name, slot_type as type, active, wal_status is not distinct from 'lost' as lost,
              pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
                restart_lsn)::float8 as retained, safe_wal_size::float8 as safe
            from pg_replication_slots where not temporary limit 100
            """;
    private static final String WRITTEN = """
            select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as position, wal_records::float8 as records,
              wal_fpi::float8 as fpi, wal_bytes::float8 as bytes, wal_buffers_full::float8 as full
            from pg_stat_wal
            """;
    /** Before PostgreSQL 14 there is no pg_stat_wal. */
    private static final String POSITION_ONLY = """
            select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as position, null::float8 as records,
              null::float8 as fpi, null::float8 as bytes, null::float8 as full
            """;
    private static final String RECEIVED = """
            select pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::float8 as position,
              pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 as unreplayed,
              case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
                else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end::float8 as age,
              pg_is_wal_replay_paused() as paused, coalesce(r.status = 'streaming', false) as streaming,
              extract(epoch from clock_timestamp() - r.last_msg_receipt_time)::float8 as heard
            from (select) one left join pg_stat_wal_receiver r on true
            """;
    private static final int HAS_PG_STAT_WAL = 14;

    private final ProbeConnection connection;
    private final Supplier<LocalPostgres> reading;

    ReplicationProbe(ProbeConnection connection, Supplier<LocalPostgres> reading) {
        this.connection = connection;
        this.reading = reading;
    }

    /** One run. */
    void run(Readings into) throws IOException, InterruptedException {
        switch (reading.get()) {
            case LocalPostgres.Primary primary -> {
                state(into, primary.timeline(), false);
                primary(into);
                slots(into);
            }
            case LocalPostgres.Standby standby -> {
                state(into, standby.timeline(), true);
                standby(into);
                slots(into);
            }
            default -> into.put(UP, 0);
        }
    }

    private static void state(Readings into, Timeline timeline, boolean recovery) {
        into.put(UP, 1);
        into.put(IN_RECOVERY, recovery);
        into.put(TIMELINE, timeline.id());
    }

    private void primary(Readings into) throws IOException, InterruptedException {
        String written = connection.version() < HAS_PG_STAT_WAL ? POSITION_ONLY : WRITTEN;
        Row wal = connection.ask(written).iterator().next();
        into.put(POSITION, Rows.number(wal, "position"));
        into.put(RECORDS, Rows.number(wal, "records"));
        into.put(FULL_PAGES, Rows.number(wal, "fpi"));
        into.put(WAL_BYTES, Rows.number(wal, "bytes"));
        into.put(BUFFERS_FULL, Rows.number(wal, "full"));
        for (Row row : connection.ask(STANDBYS)) {
            String name = member(Rows.text(row, "name"));
            into.put(STREAMING, row.getBoolean("streaming"), name);
            into.put(SYNC, Boolean.TRUE.equals(row.getBoolean("sync")), name);
            for (String stage : List.of("sent", "write", "flush", "replay")) {
                into.put(LAG_BYTES, Math.max(0, Rows.number(row, stage)), name, stage);
            }
            for (String stage : List.of("write", "flush", "replay")) {
                into.put(LAG_SECONDS, Rows.number(row, stage + "_lag", 0), name, stage);
            }
            into.put(REPLIED, Rows.number(row, "replied"), name);
        }
    }

    private void standby(Readings into) throws IOException, InterruptedException {
        Row row = connection.ask(RECEIVED).iterator().next();
        into.put(POSITION, Rows.number(row, "position"));
        into.put(UNREPLAYED, Math.max(0, Rows.number(row, "unreplayed")));
        into.put(REPLAY_AGE, Math.max(0, Rows.number(row, "age")));
        into.put(PAUSED, row.getBoolean("paused"));
        into.put(RECEIVER, row.getBoolean("streaming"));
        into.put(HEARD, Rows.number(row, "heard"));
    }

    private void slots(Readings into) throws IOException, InterruptedException {
        for (Row row : connection.ask(SLOTS)) {
            String name = Rows.text(row, "name");
            String type = Rows.text(row, "type");
            into.put(SLOT_ACTIVE, row.getBoolean("active"), name, type);
            into.put(SLOT_LOST, row.getBoolean("lost"), name, type);
            into.put(SLOT_BYTES, Math.max(0, Rows.number(row, "retained")), name, type);
            into.put(SLOT_SAFE, Rows.number(row, "safe"), name, type);
        }
    }

    /** A member is called the same in every life of its data directory; whoever else streams has the name that it gives. */
    private static String member(String applicationName) {
        int at = applicationName.indexOf('@');
        return at < 1 ? applicationName : applicationName.substring(0, at);
    }
}
