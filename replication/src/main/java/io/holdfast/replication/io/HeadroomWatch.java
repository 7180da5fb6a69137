package io.holdfast.replication.io;

import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what grows in a primary, on a connection of its own: a slow answer costs the turns nothing. */
final class HeadroomWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HeadroomWatch.class);
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final Duration BETWEEN = Duration.ofSeconds(5);
    /** The slots, and one row without a name for the ids; in one statement, so that it costs one round trip. */
    private static final String QUESTION = """
            select slot_name::text, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint
            from pg_replication_slots where restart_lsn is not null
            union all
            select null, max(greatest(age(datfrozenxid), mxid_age(datminmxid)))::bigint from pg_database
            """;

    private final Monitor monitor;
    private Monitor.@Nullable Session session;
    private volatile @Nullable Headroom last;

    HeadroomWatch(Monitor monitor) {
        this.monitor = monitor;
    }

    /** One look; gives the pause until the next. */
    synchronized Duration turn(LocalPostgres seen) {
        if (!(seen instanceof LocalPostgres.Primary)) {
            close();
            return BETWEEN;
        }
        try {
            Monitor.Session open = session;
            if (open == null) {
                open = monitor.open();
                session = open;
            }
            Map<String, Long> slots = new TreeMap<>();
            long age = 0;
            for (Row row : open.ask("read what grows", ANSWER, QUESTION)) {
                String slot = row.getString(0);
                if (slot == null) {
                    age = row.getLong(1);
                } else {
                    slots.put(slot, row.getLong(1));
                }
            }
            last = new Headroom(slots, age);
        } catch (Await.Failure e) {
            LOG.debug("what grows in PostgreSQL cannot be read", e);
            close();
        }
        return BETWEEN;
    }

    /** What the last look showed; empty when it showed nothing. */
    Optional<Headroom> last() {
        return Optional.ofNullable(last);
    }

    @Override
    public synchronized void close() {
        last = null;
        Monitor.Session open = session;
        session = null;
        if (open != null) {
            open.close();
        }
    }
}
