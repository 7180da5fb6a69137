package io.holdfast.agent.io;

import io.holdfast.agent.Turn;
import io.holdfast.agent.io.alerts.AlertDesk;
import io.holdfast.config.ConfigProblem;
import io.holdfast.metrics.Probe;
import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.Copier;
import io.holdfast.replication.io.Restorer;
import io.holdfast.statesync.io.EventLog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What the agent runs in its loop, and asks what it saw: the replication of a database node, or a witness's part in it. */
interface Replication extends AlertDesk.Beside {
    /** The loops that it needs, by name: turns that give the pause until the next. The first is its main one. */
    Map<String, Supplier<Duration>> loops();

    @Override
    LocalPostgres reading();

    /** True while this agent's hold of the leadership has not run out. */
    boolean holdsLease();

    /** True while only the promises of all other members let it be primary. */
    default boolean isOnFailsafe() {
        return false;
    }

    /** The last turns that did something, oldest first. */
    List<Turn> turns();

    /**
     * Wakes a loop when there is news from outside the shared state: a process that ended, a connection that broke.
     *
     * @param wakes by the loops' names
     */
    void onNews(Map<String, Runnable> wakes);

    /** Where it reports what somebody may ask about later. */
    EventLog events();

    /** The certificate, the key or the authority of this member were replaced: whoever uses them must read them anew. */
    void certificatesChanged();

    /** This member was removed from the cluster, the loop does not turn any more: its PostgreSQL, a standby at most, is stopped. */
    void retire();

    /** Who brings data from backups, from now on: of the whole cluster, or for a copy of the primary. */
    default void restoresBy(Restorer restorer, Copier copier) {}

    @Override
    default Optional<Headroom> headroom() {
        return Optional.empty();
    }

    /** Gives up a copy of the primary that is being made from the primary. */
    default void giveUpClone() {}

    /** All that its PostgreSQL says against values of parameters; nothing where there is none. */
    default List<ConfigProblem> refusals(Map<String, String> parameters) {
        return List.of();
    }

    /** What is measured of its PostgreSQL, apart from its turns; nothing where there is none. */
    default List<Probe> probes() {
        return List.of();
    }

    /**
     * The agent ends, the loop does not turn any more: leaves PostgreSQL running, for the next agent to adopt, and makes the
     * lease last long enough for that. Takes a few seconds at most.
     */
    void leave();
}
