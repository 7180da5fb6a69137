package io.holdfast.agent;

import io.holdfast.metrics.io.Exposition;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.SettingsVersion;
import java.time.Duration;
import java.util.List;

/** All that an agent can tell. Every call answers from memory, in microseconds; none throws. */
public interface AgentView {
    /** The cluster's name. */
    String cluster();

    /** This agent's member. */
    MemberName self();

    /** The newest reading of the shared state that this agent has. */
    ClusterState state();

    /** What this agent knows of the consensus; without a quorum {@link #state} may be old. */
    Consensus.Status consensus();

    /** The last reading of the PostgreSQL beside this agent. */
    LocalPostgres reading();

    /** True while this agent's own, confirmed hold of the leadership has not run out, by its monotonic clock. */
    boolean holdsLease();

    /** True while this agent's lease could not be renewed, and only the promises of all other members let it be primary. */
    boolean isOnFailsafe();

    /** How long ago the replication loop last ended a turn. */
    Duration sinceLastTurn();

    /** The last turns that did something, oldest first. */
    List<Turn> turns();

    /** Events with a number greater than {@code after}, oldest first, at most {@code limit}: the newest ones. */
    List<Event> events(long after, int limit);

    /** The alerts that there are, and the silences. */
    AlertReport alerts();

    /** The operations that the shared state remembers, oldest first. */
    List<Operation> operations();

    /** The versions of the cluster's settings that the shared state remembers, oldest first. */
    List<SettingsVersion> settings();

    /** The measurements, as text. */
    String metrics(Exposition form);
}
