package io.holdfast.replication;

/**
 * What this process has at hand to make a data directory of, beside initdb and the primary's.
 *
 * @param restore the id of the restore of the cluster for which it has all that it needs; empty: of none
 * @param copy the id of an operator's request that a copy of the primary be made of a backup, for which it has all that it needs;
 *     empty: of none
 * @param missing why it must not make the cluster's first data directory; empty: it may
 */
public record Supplies(String restore, String copy, String missing) {
    /** Nothing, and nothing is missing. */
    public static final Supplies NONE = new Supplies("", "", "");
}
