package io.holdfast.agent.io;

import io.holdfast.agent.RoleChange;
import io.holdfast.config.PostgresqlConfig;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the operator's program when this member's role has changed: on a thread of its own, one run at a time. While one runs,
 * only the newest change waits for its turn, so that nothing that the program does can hold up a failover or pile up.
 */
final class Callbacks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Callbacks.class);

    private final PostgresqlConfig.Callbacks config;
    private final String cluster;
    private final MemberName member;
    private final Events events;
    private final @Nullable Thread thread;
    private @Nullable Role known;
    private @Nullable RoleChange pending;
    private boolean closed;

    /** Where a failure is reported. */
    interface Events {
        /** Of a kind, with a sentence for people and facts for programs; never blocks. */
        void append(EventType type, String text, Map<String, String> details);
    }

    /** Starts the thread, if there is something to run. */
    Callbacks(PostgresqlConfig.Callbacks config, String cluster, MemberName member, Events events) {
        this.config = config;
        this.cluster = cluster;
        this.member = member;
        this.events = events;
        this.thread = config.onRoleChange().isEmpty()
                ? null
                : Thread.ofVirtual().name("holdfast-callbacks").start(this::run);
    }

    /**
     * Called at the end of each turn; never blocks. The first role that is seen after the agent's start counts as a change, for
     * what the program did may be gone with the host.
     *
     * @param epoch the present one; asked for only when the role has changed
     */
    void saw(LocalPostgres postgres, boolean holdsLease, Supplier<Epoch> epoch) {
        Role now = RoleChange.role(postgres, holdsLease).orElse(known);
        if (thread == null || now == null || now == known) {
            return;
        }
        known = now;
        RoleChange change = new RoleChange(now, cluster, member, epoch.get());
        synchronized (this) {
            if (pending != null) {
                LOG.info("The callback for '{}' is not run: {}", pending, change);
            }
            pending = change;
            notifyAll();
        }
    }

    private void run() {
        try {
            for (RoleChange change = next(); change != null; change = next()) {
                call(change);
            }
        } catch (InterruptedException e) {
            LOG.debug("The agent ends, and the callbacks with it", e);
        }
    }

    private synchronized @Nullable RoleChange next() throws InterruptedException {
        while (pending == null && !closed) {
            wait();
        }
        RoleChange next = closed ? null : pending;
        pending = null;
        return next;
    }

    private void call(RoleChange change) throws InterruptedException {
        List<String> command = new ArrayList<>(config.onRoleChange());
        command.addAll(change.arguments());
        LOG.info("Callback: {}", String.join(" ", command));
        CallbackRun.Ended ended = CallbackRun.run(command, change.environment(), config.timeout(),
                line -> LOG.info("Callback says: {}", line));
        if (ended instanceof CallbackRun.Ended.Failed failed) {
            LOG.warn("HF-5060 the callback on-role-change ({}) {}. Hint: run it by hand, as the agent's user: {}",
                    change,
                    failed.why(), String.join(" ", command));
            events.append(EventType.CALLBACK_FAILED, "the callback on-role-change (" + change + ") " + failed.why(),
                    Map.of("callback", "on-role-change", "role", change.arguments().getFirst(), "why", failed.why()));
        }
    }

    /** Runs nothing more; a program that runs is ended. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        if (thread != null) {
            thread.interrupt();
        }
    }
}
