package io.holdfast.agent.io;

import io.holdfast.agent.AgentView;
import io.holdfast.agent.AlertReport;
import io.holdfast.agent.Turn;
import io.holdfast.agent.io.alerts.AlertDesk;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.io.Exposition;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.SettingsVersions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** What a running agent tells, from its own copy of the shared state and from its loop. */
final class WiredAgent implements AgentView {
    private final String cluster;
    private final MemberName self;
    private final StateStore store;
    private final Consensus consensus;
    private final ClusterJson json;
    private final Replication replication;
    private final TurnLoop loop;
    private final Registry registry;
    private final AlertDesk alerts;

    WiredAgent(String cluster, MemberName self, StateStore store, Consensus consensus, ClusterJson json,
            Replication replication, TurnLoop loop, Registry registry,
            AlertDesk alerts) {
        this.cluster = cluster;
        this.self = self;
        this.store = store;
        this.consensus = consensus;
        this.json = json;
        this.replication = replication;
        this.loop = loop;
        this.registry = registry;
        this.alerts = alerts;
    }

    @Override
    public String cluster() {
        return cluster;
    }

    @Override
    public MemberName self() {
        return self;
    }

    @Override
    public ClusterState state() {
        return json.read(store.local(""));
    }

    @Override
    public Consensus.Status consensus() {
        return consensus.status();
    }

    @Override
    public LocalPostgres reading() {
        return replication.reading();
    }

    @Override
    public boolean holdsLease() {
        return replication.holdsLease();
    }

    @Override
    public boolean isOnFailsafe() {
        return replication.isOnFailsafe();
    }

    @Override
    public Duration sinceLastTurn() {
        return loop.sinceLastTurn();
    }

    @Override
    public List<Turn> turns() {
        return replication.turns();
    }

    @Override
    public List<Event> events(long after, int limit) {
        return replication.events().feed().newest(after, limit);
    }

    @Override
    public AlertReport alerts() {
        return alerts.report();
    }

    @Override
    public List<Operation> operations() {
        return store.local(Keys.OPERATIONS)
                .entries()
                .values()
                .stream()
                .map(entry -> json.read(entry, Operation.class).value())
                .sorted(Comparator.comparing(Operation::startedAt))
                .toList();
    }

    @Override
    public List<SettingsVersion> settings() {
        return new SettingsVersions(store, json).all();
    }

    @Override
    public String metrics(Exposition form) {
        return form.write(registry);
    }
}
