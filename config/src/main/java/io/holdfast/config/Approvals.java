package io.holdfast.config;

/**
 * How many other administrators must approve; 0: nobody needs to.
 *
 * @param restore a restore of the cluster, 0 to 9
 * @param failover a forced failover, 0 to 9
 */
public record Approvals(int restore, int failover) {
    /** What holds where nothing is written. */
    public static final Approvals NONE = new Approvals(0, 0);
}
