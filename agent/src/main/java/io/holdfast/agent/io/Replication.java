package io.holdfast.agent.io;

import io.holdfast.agent.Turn;
import io.holdfast.replication.LocalPostgres;
import java.time.Duration;
import java.util.List;

/** What the agent runs in its loop, and asks what it saw: the replication of a database node, or a witness's part in it. */
interface Replication {
    /** One turn; gives the pause until the next. */
    Duration turn();

    /** The last reading of the PostgreSQL beside this agent. */
    LocalPostgres reading();

    /** True while this agent's hold of the leadership has not run out. */
    boolean holdsLease();

    /** The last turns that did something, oldest first. */
    List<Turn> turns();

    /** Calls back when there is news from outside the shared state: a process that ended, a connection that broke. */
    void onNews(Runnable wake);

    /**
     * The agent ends, the loop does not turn any more: leaves PostgreSQL running, for the next agent to adopt, and makes the
     * lease last long enough for that. Takes a few seconds at most.
     */
    void leave();
}
