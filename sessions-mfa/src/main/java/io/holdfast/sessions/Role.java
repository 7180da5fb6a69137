package io.holdfast.sessions;

/** What somebody is in the cluster; each may do all that the ones before it may. */
public enum Role {
    /** Looks. */
    VIEWER,
    /** Does everyday work: backups, switchovers, restarts, a pause. */
    OPERATOR,
    /** Does what can lose data or let others in. */
    ADMIN;

    /** True for this role and all above it. */
    public boolean isAtLeast(Role least) {
        return compareTo(least) >= 0;
    }
}
