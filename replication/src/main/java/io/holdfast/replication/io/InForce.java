package io.holdfast.replication.io;

import io.holdfast.replication.Effect;
import io.holdfast.replication.io.Monitor.Session;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Sees that a setting that was written is what PostgreSQL does: a reload is asynchronous, and each process reads it by itself. */
final class InForce {
    private static final Duration ANSWER = Duration.ofSeconds(2);
    private static final Duration SHOWN = Duration.ofSeconds(3);
    private static final Duration SEVERED = Duration.ofSeconds(5);
    private static final Duration REPLIES = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration APART = Duration.ofMillis(15);

    private final Monitor monitor;
    private final PostgresProcess process;

    InForce(Monitor monitor, PostgresProcess process) {
        this.monitor = monitor;
        this.process = process;
    }

    /** Reloads until new connections show a value. */
    boolean isShown(String parameter, String value) {
        return isTold(parameter, value) && Await.until(SHOWN, POLL, () -> {
            try (Session session = monitor.open()) {
                return session.text("show " + parameter, ANSWER, "select current_setting('" + parameter + "')")
                        .equals(value);
            }
        });
    }

    /**
     * Reloads until the connection that is kept shows a value that it has read since: the postmaster has told all its processes to
     * read the files by then, and had read them itself before (PostgreSQL, postmaster.c, process_pm_reload_request).
     */
    private boolean isTold(String parameter, String value) {
        String before = monitor.text("look when the files were read", ANSWER, "select pg_conf_load_time()::text");
        process.reload();
        String question = "select (pg_conf_load_time() > '%s' and current_setting('%s') = '%s')::text"
                .formatted(before, parameter, value.replace("'", "''"));
        return Await.until(SHOWN, POLL, () -> monitor.text("show " + parameter, ANSWER, question).equals("true"));
    }

    /**
     * True when no walreceiver is there and none can come: all processes were told of the setting, receivers were ended, and none
     * was seen twice, some time apart. The startup process, which asks for receivers, reads its signals before it asks again, so
     * one that it asked for with the old setting shows within that time, if at all.
     */
    boolean severed() {
        if (!isTold("primary_conninfo", "")) {
            return false;
        }
        int[] clear = {0};
        return Await.until(SEVERED, APART, () -> {
            String seen = monitor.askAgain("look for a walreceiver", ANSWER,
                    "select count(*)::text from pg_stat_activity where backend_type = 'walreceiver'")
                    .iterator()
                    .next()
                    .getString(0);
            List<ProcessTable.Entry> running = process.walReceivers();
            running.forEach(p -> Libc.signal(p.pid(), Libc.SIGTERM));
            clear[0] = seen.equals("0") && running.isEmpty() ? clear[0] + 1 : 0;
            return clear[0] >= 2;
        });
    }

    /**
     * Sees that the sync set is in force on a primary. Only the checkpointer switches the flag that makes backends wait, and each
     * walsender releases waiters by its own copy of the setting. That one has read the new setting is seen from its priority if
     * it was removed, and else from its standby's replies going on; their time is by the standby's clock, so it is compared with
     * itself only.
     */
    Effect confirm(SyncSet set, Duration checkpoint) {
        if (!isShown("synchronous_standby_names", set.toPostgres())) {
            return new Effect.Failed("new connections do not show the sync set");
        }
        try (Session session = monitor.open()) {
            Map<Long, String> before = replies(session, set);
            session.ask("checkpoint", checkpoint, "checkpoint");
            if (!haveReplied(session, set, before)) {
                return new Effect.Failed("not every standby of the sync set answers, or a removed one still counts");
            }
            provoke(session);
            if (!haveReplied(session, set, replies(session, set))) {
                return new Effect.Failed("not every standby of the sync set answers, or a removed one still counts");
            }
            return new Effect.Noted(
                    Lsn.parse(session.text("end of WAL", ANSWER, "select pg_current_wal_flush_lsn()::text")));
        }
    }

    private boolean haveReplied(Session session, SyncSet set, Map<Long, String> before) {
        return Await.until(REPLIES, POLL, () -> {
            Map<Long, String> now = replies(session, set);
            boolean quiet = now.entrySet().stream().anyMatch(e -> e.getValue().equals(before.get(e.getKey())));
            if (quiet) {
                provoke(session);
            }
            return !quiet && removedCountNot(session, set);
        });
    }

    /** A little WAL, flushed: every standby that streams answers it. */
    private static void provoke(Session session) {
        session.ask("write a message", ANSWER, "select pg_logical_emit_message(true, 'holdfast', '')");
    }

    /** When each connected standby of the set last replied, by its walsender. */
    private static Map<Long, String> replies(Session session, SyncSet set) {
        Map<Long, String> found = new TreeMap<>();
        for (Row row : session.ask("read the replies", ANSWER, "select pid, application_name,"
                + " coalesce(reply_time::text, '') from pg_stat_replication")) {
            MemberId member = SyncText.memberOrNull(row.getString(1));
            if (member != null && set.members().contains(member)) {
                found.put(row.getInteger(0).longValue(), row.getString(2));
            }
        }
        return found;
    }

    private static boolean removedCountNot(Session session, SyncSet set) {
        List<String> counted = new ArrayList<>();
        for (Row row : session.ask("read the priorities", ANSWER,
                "select application_name from pg_stat_replication where sync_priority > 0")) {
            counted.add(row.getString(0));
        }
        return counted.stream().map(SyncText::memberOrNull).allMatch(m -> m != null && set.members().contains(m));
    }
}
