package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.metrics.Registry;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import io.holdfast.statesync.io.RatisStateStore;
import io.vertx.core.Vertx;

/** Makes the part that an agent has in the replication. */
final class Replications {
    private Replications() {}

    /** Of a database node, or of a witness. */
    static Replication make(HoldfastConfig config, MemberRecord about, RatisStateStore store, ClusterJson json,
            Operations operations, Vertx vertx, Registry registry) {
        if (config.isWitness()) {
            return new Witness(config.state(), about, store, store, json, vertx);
        }
        return new DatabaseNode(config, about, store, store, json, operations, vertx, registry);
    }
}
