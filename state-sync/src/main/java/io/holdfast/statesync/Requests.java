package io.holdfast.statesync;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What operators have asked for and what is not done yet.
 *
 * @param pause set while the cluster is under maintenance
 * @param handover another primary is wanted
 * @param orders by member
 * @param restoring the whole cluster is restored
 */
public record Requests(@Nullable Pause pause, @Nullable Versioned<Handover> handover,
        NavigableMap<MemberName, Versioned<Order>> orders, @Nullable Versioned<Restoring> restoring) {

    /** Nobody has asked for anything. */
    public static final Requests NONE = new Requests(null, null, Collections.emptyNavigableMap(), null);

    /** Takes an immutable copy. */
    public Requests {
        orders = Collections.unmodifiableNavigableMap(new TreeMap<>(orders));
    }

    /** True while a request of this id has not ended. */
    public boolean knows(String id) {
        return handover != null && handover.value().id().equals(id)
                || restoring != null && restoring.value().id().equals(id)
                || orders.values().stream().anyMatch(order -> order.value().id().equals(id));
    }
}
