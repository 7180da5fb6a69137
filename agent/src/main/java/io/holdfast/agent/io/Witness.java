package io.holdfast.agent.io;

import io.holdfast.agent.Turn;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Memory;
import io.holdfast.replication.Pledge;
import io.holdfast.replication.Promising;
import io.holdfast.replication.Question;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.View;
import io.holdfast.replication.io.NetworkProbe;
import io.holdfast.replication.io.ReplicationDriver;
import io.holdfast.replication.io.SuspicionKeeper;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.PeerLine;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Removals;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** An agent without a PostgreSQL: it votes in the consensus, watches the primary, and tells that it is there. */
final class Witness implements Replication {
    private static final Duration BETWEEN = Duration.ofSeconds(2);
    private static final Duration REMEMBERED = Duration.ofSeconds(6);
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final Incarnation NO_DATA = new Incarnation("00000000");

    private final MemberRecord about;
    private final StateStore store;
    private final ClusterJson json;
    private final NetworkProbe probe;
    private final SuspicionKeeper suspicions;
    private final EventLog events;
    private final Instant since = Instant.now();

    Witness(Path state, MemberRecord about, StateStore store, PeerLine peers, ClusterJson json, Vertx vertx) {
        this.about = about;
        this.store = store;
        this.json = json;
        this.probe = new NetworkProbe(vertx);
        this.suspicions = new SuspicionKeeper(about.name(), store, json, () -> json.read(store.local("")), probe,
                () -> false, ReplicationDriver::nowMillis);
        peers.answer(question -> json.write(Promising.answer(view(), json.read(question, Question.class))));
        this.events = new EventLog(store, json, about.name(), state.resolve("events.jsonl"), Instant::now);
    }

    @Override
    public Map<String, Supplier<Duration>> loops() {
        Map<String, Supplier<Duration>> loops = new LinkedHashMap<>();
        loops.put("status", this::publish);
        loops.put("suspicion", suspicions::turn);
        return loops;
    }

    /** All that it needs to know to promise that it is no primary: it never becomes one. */
    private View view() {
        return new View(ReplicationDriver.nowMillis(), Instant.now(), about.name(), "", NO_DATA, reading(),
                json.read(store.local("")), null, false, Memory.NOTHING, Pledge.begun(0), Supplies.NONE);
    }

    private Duration publish() {
        String lease = "status-" + about.name();
        MemberStatus status = new MemberStatus(new MemberId(about.name(), NO_DATA), MemberStatus.Role.WITNESS,
                MemberStatus.State.RUNNING, null, null, null, 0, false, since, "it votes and holds no data");
        Txn.Builder txn = Txn.when()
                .grant(lease, REMEMBERED)
                .put(Keys.member(about.name()), json.write(about))
                .put(Keys.status(about.name()), json.write(status), lease);
        Removals.guard(txn, store, json, about);
        store.commit(txn.build(), WITHIN);
        return BETWEEN;
    }

    @Override
    public LocalPostgres reading() {
        return new LocalPostgres.Absent();
    }

    @Override
    public boolean holdsLease() {
        return false;
    }

    @Override
    public List<Turn> turns() {
        return List.of();
    }

    @Override
    public void onNews(Map<String, Runnable> wakes) {
        // Nothing beside a witness makes news.
    }

    @Override
    public EventLog events() {
        return events;
    }

    @Override
    public void certificatesChanged() {
        // The consensus reads them by itself.
    }

    @Override
    public void retire() {
        // It holds nothing.
    }

    /** It holds nothing else; its status goes with its lease. */
    @Override
    public void leave() {
        probe.close();
        events.close();
    }
}
