package io.holdfast.statesync;

import java.util.List;

/** How a transaction ended. */
public sealed interface TxnResult {
    /**
     * All compares held, all operations happened and are durable on a majority.
     *
     * @param revision the transaction's revision: the version of every key that it wrote
     */
    record Applied(long revision) implements TxnResult {}

    /**
     * Some compare did not hold; nothing happened.
     *
     * @param failed the compares that did not hold
     */
    record Conflict(List<Txn.Compare> failed) implements TxnResult {}

    /**
     * Nobody confirmed it in time. It may have been applied, may be applied later, or never: whoever depends on the record
     * rewrites it, and goes on from the version of that.
     *
     * @param why what was seen
     */
    record Unknown(String why) implements TxnResult {}
}
