package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Removal;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import java.time.Duration;
import java.util.Optional;

/** Who was removed from the cluster, as seen by the agent that it may concern. */
public final class Removals {
    private Removals() {}

    /**
     * Makes a transaction by which a member tells about itself fail when exactly this agent was removed. Another agent's removal
     * under the same name ends with it: the member is back, as a new one.
     */
    public static void guard(Txn.Builder txn, StateStore store, ClusterJson json, MemberRecord about) {
        String key = Keys.removed(about.name());
        Entry entry = store.local(key).entries().get(key);
        if (entry == null || json.read(entry, Removal.class).value().agentId().equals(about.agentId())) {
            txn.versionIs(key, 0);
        } else {
            txn.versionIs(key, entry.version()).delete(key);
        }
    }

    /**
     * Whether this agent was removed, as its own copy of the store says or, while it hears no majority, as the others say: they
     * tell nothing more to a member that was removed while it was away, unless it asks.
     *
     * @param within how long to ask them
     */
    public static Optional<Removal> of(RatisStateStore store, ClusterJson json, MemberName self, String agentId,
            Duration within) {
        String key = Keys.removed(self);
        Entry entry = store.local(key).entries().get(key);
        Optional<Removal> found = entry != null
                ? Optional.of(json.read(entry, Removal.class).value())
                : store.status().hasQuorum()
                        ? Optional.empty()
                        : store.askOthers(key, within).map(text -> json.read(text, Removal.class));
        return found.filter(removal -> removal.agentId().equals(agentId));
    }
}
