package io.holdfast.replication.io.probe;

import io.holdfast.config.ProbesConfig;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A tiny transaction that is committed on the primary as any client's is, and that a client of each standby waits to see. It writes
 * one row a member, and does nothing unless this member is the primary, the cluster is not paused, and enough standbys stream for a
 * commit to end.
 *
 * <p>statement_timeout bounds a statement, and not the wait for standbys that follows it (PostgreSQL's
 * {@code finish_xact_command}): that is cancelled from outside, after which the transaction is committed here only. Nobody was told
 * that it is safe.
 */
final class CanaryProbe implements AutoCloseable {
    private static final Measure COMMIT = Measure.histogram("holdfast_canary_commit_seconds",
            "How long a tiny transaction on the primary took, with the confirmation of standbys that commits wait for.");
    private static final Measure REPLICATION = Measure.histogram("holdfast_canary_replication_seconds",
            "How long it took from the begin of a tiny transaction on the primary until a client of a standby saw it.",
            "standby");
    private static final Measure FAILURES = Measure.counter("holdfast_canary_failures_total",
            "Tiny transactions that did not end within their time: at the commit, or on a standby that did not show it.",
            "stage");
    private static final Measure WITHHELD = Measure.counter("holdfast_canary_withheld_total",
            "Tiny transactions that were not begun because too few standbys stream for a commit to end.");

    static final List<Measure> MEASURES = List.of(COMMIT, REPLICATION, FAILURES, WITHHELD);

    /** By this name whoever looks at pg_stat_activity knows it. */
    static final String APPLICATION = "holdfast_canary";

    private static final Duration TO_CANCEL = Duration.ofMillis(500);
    private static final long BETWEEN_LOOKS_NANOS = 500_000;
    private static final String IS_THERE = "select to_regclass('holdfast.canary') is not null as there";
    private static final String WRITE = """
            insert into holdfast.canary as c (member, number, written) values ($1, $2, clock_timestamp())
            on conflict (member) do update set number = excluded.number, written = excluded.written
            """;
    private static final String LOOK = "select coalesce(max(number), 0) as number from holdfast.canary where member = $1";
    private static final String END_LEFT = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '"
            + APPLICATION + "' and backend_type = 'client backend'";

    private final MemberName self;
    private final String role;
    private final Registry registry;
    private final Supplier<LocalPostgres> reading;
    private final BooleanSupplier allowed;
    private final ProbesConfig.Canary config;
    private final ProbeConnection writer;
    private final ProbeConnection observer;
    private final Function<MemberName, @Nullable ProbeConnection> standbys;
    private final Map<MemberName, ProbeConnection> open = new ConcurrentHashMap<>();
    private long number;
    private boolean made;
    private volatile boolean left;

    /**
     * Of a member.
     *
     * @param role whom members are to each other's PostgreSQL, to let it read
     * @param allowed false while nothing may be written
     * @param writer connects to this PostgreSQL, for the canary alone
     * @param observer connects to it too, for what never waits
     * @param standbys connects to the PostgreSQL of another member; null: it is not known where that is
     */
    CanaryProbe(MemberName self, String role, Registry registry, Supplier<LocalPostgres> reading,
            BooleanSupplier allowed, ProbesConfig.Canary config, ProbeConnection writer, ProbeConnection observer,
            Function<MemberName, @Nullable ProbeConnection> standbys) {
        this.self = self;
        this.role = role;
        this.registry = registry;
        this.reading = reading;
        this.allowed = allowed;
        this.config = config;
        this.writer = writer;
        this.observer = observer;
        this.standbys = standbys;
    }

    /** How long a run may take: what it waits for, and to clean up after what it waited for in vain. */
    static Duration budget(ProbesConfig.Canary config) {
        return config.budget().plus(TO_CANCEL.multipliedBy(2)).plusSeconds(2);
    }

    /** One run; all that it reads are histograms. */
    void run(Readings into) throws IOException, InterruptedException {
        if (!(reading.get() instanceof LocalPostgres.Primary primary) || !allowed.getAsBoolean()) {
            made = false;
            rest();
            return;
        }
        if (!canCommit(primary)) {
            registry.counter(WITHHELD).increment();
            return;
        }
        if (left) {
            observer.ask(END_LEFT);
            left = false;
        }
        List<MemberName> streaming = primary.links()
                .stream()
                .filter(LocalPostgres.Primary.Link::streaming)
                .map(link -> link.member().name())
                .distinct()
                .toList();
        connect(streaming);
        if (!made) {
            commit(this::make);
            made = true;
        }
        number = Math.max(number + 1, System.currentTimeMillis());
        long begun = System.nanoTime();
        List<Thread> watchers = new ArrayList<>();
        long awaited = number;
        open.forEach((member, standby) -> watchers.add(Thread.ofVirtual()
                .name("canary " + member)
                .start(() -> watch(member, standby, awaited, begun))));
        try {
            commit(() -> writer.ask(WRITE, self.value(), awaited));
            registry.seconds(COMMIT).observe(Duration.ofNanos(System.nanoTime() - begun));
        } finally {
            for (Thread watcher : watchers) {
                watcher.join();
            }
        }
    }

    /** A commit that waits for standbys that are not there would be cut off each time; the log of PostgreSQL tells of each. */
    private static boolean canCommit(LocalPostgres.Primary primary) {
        SyncSet sync = primary.sync();
        return sync != null && primary.links()
                .stream()
                .filter(link -> link.streaming() && sync.members().contains(link.member()))
                .count() >= sync.acks();
    }

    /** Something that ends with a commit. */
    @FunctionalInterface
    private interface Commit {
        void run() throws IOException, InterruptedException;
    }

    /** Within the budget; else the server is told to wait no longer, so that no session of it hangs. */
    private void commit(Commit commit) throws IOException, InterruptedException {
        Thread guard = Thread.ofVirtual().name("canary guard").unstarted(() -> {
            try {
                Thread.sleep(config.budget());
                writer.cancel();
            } catch (InterruptedException e) {
                // It has ended in time.
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                left = true;
            }
        });
        guard.start();
        long begun = System.nanoTime();
        try {
            commit.run();
        } catch (IOException e) {
            registry.counter(FAILURES, "commit").increment();
            left = true;
            writer.drop();
            throw e;
        } finally {
            guard.interrupt();
        }
        if (System.nanoTime() - begun >= config.budget().toNanos()) {
            registry.counter(FAILURES, "commit").increment();
            throw new IOException("no commit within " + config.budget().toMillis() + " ms");
        }
    }

    /** Each member may read it, since its agent looks on standbys as the one that it is when it is the primary. */
    private void make() throws IOException, InterruptedException {
        if (writer.ask(IS_THERE).iterator().next().getBoolean("there")) {
            return;
        }
        writer.ask("create schema if not exists holdfast");
        writer.ask("create table if not exists holdfast.canary (member text primary key, number bigint not null,"
                + " written timestamptz not null) with (fillfactor = 10)");
        String quoted = '"' + role.replace("\"", "\"\"") + '"';
        writer.ask("grant usage on schema holdfast to " + quoted);
        writer.ask("grant select on holdfast.canary to " + quoted);
    }

    private void connect(List<MemberName> streaming) throws InterruptedException {
        open.entrySet().removeIf(entry -> {
            boolean gone = !streaming.contains(entry.getKey());
            if (gone) {
                entry.getValue().close();
            }
            return gone;
        });
        for (MemberName member : streaming) {
            ProbeConnection connection = open.containsKey(member) ? null : standbys.apply(member);
            if (connection != null && isReached(connection)) {
                open.put(member, connection);
            } else if (connection != null) {
                connection.close();
                registry.counter(FAILURES, member.value()).increment();
            }
        }
    }

    /** Connecting, and the first question on a connection, are no part of the way that is measured. */
    private boolean isReached(ProbeConnection connection) throws InterruptedException {
        try {
            connection.ask(LOOK, self.value());
            return true;
        } catch (IOException e) {
            return isAnswer(e);
        }
    }

    /** What the table is not, or not allowed to be, on a standby that has not replayed so far: that is an answer too. */
    private static boolean isAnswer(IOException e) {
        return e.getCause() instanceof PgException;
    }

    /** Looks until it is there, or the time is over. */
    private void watch(MemberName member, ProbeConnection standby, long awaited, long begun) {
        try {
            while (System.nanoTime() - begun < config.budget().toNanos()) {
                if (shown(standby) >= awaited) {
                    registry.seconds(REPLICATION, member.value()).observe(Duration.ofNanos(System.nanoTime() - begun));
                    return;
                }
                LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
            }
        } catch (IOException e) {
            // The next run connects anew.
            open.remove(member, standby);
            standby.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        registry.counter(FAILURES, member.value()).increment();
    }

    private long shown(ProbeConnection standby) throws IOException, InterruptedException {
        try {
            return standby.ask(LOOK, self.value()).iterator().next().getLong("number");
        } catch (IOException e) {
            if (isAnswer(e)) {
                return 0;
            }
            throw e;
        }
    }

    /** Holds no connection while there is nothing to do. */
    private void rest() {
        writer.drop();
        open.values().forEach(ProbeConnection::close);
        open.clear();
    }

    @Override
    public void close() {
        writer.close();
        open.values().forEach(ProbeConnection::close);
    }
}
