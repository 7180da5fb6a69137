package io.holdfast.replication.io;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.io.ProcessTable.Entry;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.Timeline;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads a PostgreSQL that answers. */
final class Reading {
    private static final Duration ANSWER = Duration.ofSeconds(1);

    /**
     * The columns are computed in this order, and the order counts: what says that nothing more is received and that replay waits
     * comes before the positions, or a replay that ends in between would be taken for one that ended earlier.
     */
    private static final String STATE = """
            select pg_is_in_recovery() as recovery,
              (select system_identifier::text from pg_control_system()) as system_id,
              (select timeline_id from pg_control_checkpoint()) as checkpoint_timeline,
              (select bytes_per_wal_segment from pg_control_init()) as segment_bytes,
              current_setting('synchronous_standby_names') as sync,
              case when pg_is_in_recovery() then null else pg_current_wal_flush_lsn()::text end as flushed,
              case when pg_is_in_recovery() then null
                else pg_walfile_name(pg_current_wal_flush_lsn()) end as file,
              case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as paused,
              exists (select from pg_stat_activity where backend_type = 'walreceiver') as receiver,
              exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming,
              (select wait_event from pg_stat_activity where backend_type = 'startup') as waits,
              pg_last_wal_receive_lsn()::text as received,
              pg_last_wal_replay_lsn()::text as replayed,
              coalesce(extract(epoch from now() - pg_last_xact_replay_timestamp()), 0)::float8 as delay
            """;
    private static final String LINKS = """
            select 'link' as kind, application_name as name, coalesce(flush_lsn, '0/0')::text as flushed,
              state = 'streaming' as streaming, coalesce(reply_time::text, '') as replied from pg_stat_replication
            union all
            select 'slot', slot_name, '', active, '' from pg_replication_slots where slot_type = 'physical' and not temporary
              and wal_status is distinct from 'lost'
            """;

    /** A reply every second is what standbys are told (wal_receiver_status_interval). */
    private static final Duration SILENCE = Duration.ofMillis(1_500);

    private final Monitor monitor;
    private final Configuration configuration;
    private final WalFiles wal;
    private final Map<MemberId, Reply> replies = new HashMap<>();
    private @Nullable Settled settled;

    /**
     * A standby's last reply.
     *
     * @param text its time, by the standby's clock
     * @param seenNanos when this process first saw it, by its own
     */
    private record Reply(String text, long seenNanos) {}

    /**
     * That replay was seen at the end of WAL; holds until something more is received.
     *
     * @param postmaster of which PostgreSQL
     * @param received the end of what was received; zero for nothing since it started
     * @param replayed the end of what was replayed
     */
    private record Settled(Entry postmaster, Lsn received, Lsn replayed) {}

    Reading(Monitor monitor, Configuration configuration, Path data) {
        this.monitor = monitor;
        this.configuration = configuration;
        this.wal = new WalFiles(data);
    }

    /** Reads; throws {@link Await.Failure} when it does not answer. */
    LocalPostgres read(Identity identity, Entry postmaster) throws IOException {
        Row row = monitor.askAgain("read the state", ANSWER, STATE).iterator().next();
        String systemId = row.getString("system_id");
        if (!systemId.equals(identity.systemId())) {
            return new LocalPostgres.Foreign(DataDirectory.otherSystem(systemId, identity.systemId()));
        }
        return row.getBoolean("recovery") ? standby(identity, postmaster, row) : primary(identity, row);
    }

    private LocalPostgres.Standby standby(Identity identity, Entry postmaster, Row row) throws IOException {
        Lsn received = lsn(row.getString("received"));
        Lsn replayed = lsn(row.getString("replayed"));
        boolean receiver = row.getBoolean("receiver");
        boolean atEnd = isAtEnd(postmaster, row, received, replayed);
        // At the end of WAL without a receiver, what follows the last replayed record is part of a record at most: nobody can
        // have had an acknowledgement of it, and a new primary's history may well leave before it.
        boolean exact = atEnd && !receiver && !row.getBoolean("paused");
        Lsn flushed = exact ? replayed : received.max(replayed);
        Timeline timeline = identity.book()
                .timeline(wal.timelineAt(flushed, row.getInteger("segment_bytes"),
                        row.getInteger("checkpoint_timeline")));
        Upstream upstream = configuration.upstream(identity);
        double delay = received.isAfter(replayed) ? row.getDouble("delay") : 0;
        return new LocalPostgres.Standby(identity.directory(), timeline, flushed, replayed, atEnd, upstream, receiver,
                row.getBoolean("streaming"), SyncText.parse(row.getString("sync")), Math.max(0, delay));
    }

    /**
     * Whether all WAL on disk is accounted for. The startup process waits between retries only when neither disk nor stream had
     * the record it wants; but it can do so with whole segments before it, just after its receiver died, hence the look at the
     * record itself.
     */
    private boolean isAtEnd(Entry postmaster, Row row, Lsn received, Lsn replayed) throws IOException {
        Settled now = new Settled(postmaster, received, replayed);
        if (now.equals(settled)) {
            return true;
        }
        String waits = row.getString("waits");
        boolean retries = "RecoveryRetrieveRetryInterval".equals(waits);
        boolean streams = "RecoveryWalStream".equals(waits);
        boolean more = received.isAfter(replayed);
        boolean atEnd;
        if (retries || streams) {
            atEnd = !more || retries && !row.getBoolean("receiver")
                    && wal.isRecordCut(replayed, received, row.getInteger("segment_bytes"),
                            row.getInteger("checkpoint_timeline"));
        } else {
            // Paused: what was received is known, though not replayed; the receiver began where local WAL ended.
            atEnd = row.getBoolean("paused") && more;
        }
        settled = atEnd && !row.getBoolean("receiver") ? now : null;
        return atEnd;
    }

    private LocalPostgres.Primary primary(Identity identity, Row row) throws IOException {
        settled = null;
        int id = Integer.parseInt(row.getString("file").substring(0, 8), 16);
        List<LocalPostgres.Primary.Link> links = new ArrayList<>();
        Set<String> slots = new TreeSet<>();
        RowSet<Row> others = monitor.askAgain("read the standbys", ANSWER, LINKS);
        for (Row other : others) {
            String name = other.getString("name");
            MemberId member = SyncText.memberOrNull(name);
            if (other.getString("kind").equals("slot")) {
                if (Slots.isOwn(name)) {
                    slots.add(name);
                }
            } else if (member != null) {
                boolean streams = other.getBoolean("streaming") && isHeard(member, other.getString("replied"));
                links.add(new LocalPostgres.Primary.Link(member, lsn(other.getString("flushed")), streams));
            }
        }
        return new LocalPostgres.Primary(identity.directory(), identity.book().timeline(id),
                lsn(row.getString("flushed")),
                configuration.sync(), links, slots, wal.switches(id), row.getInteger("checkpoint_timeline") == id);
    }

    /**
     * Whether a standby has replied lately. A walsender streams on for a long time to one whose host is gone or frozen; replies
     * come every second, and carry the standby's own clock, so that only their change counts.
     */
    private boolean isHeard(MemberId member, String replied) {
        long now = System.nanoTime();
        Reply last = replies.get(member);
        if (last == null || !last.text().equals(replied)) {
            replies.put(member, new Reply(replied, now));
            return true;
        }
        return now - last.seenNanos() < SILENCE.toNanos();
    }

    private static Lsn lsn(@Nullable String text) {
        return text == null ? Lsn.ZERO : Lsn.parse(text);
    }
}
