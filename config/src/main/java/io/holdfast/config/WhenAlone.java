package io.holdfast.config;

/** What a primary does when too few standbys are left to acknowledge. */
public enum WhenAlone {
    /** It goes down to the empty sync set and goes on alone; no other member takes over by itself then. */
    CONTINUE,
    /** Its commits wait until a standby is back. */
    WAIT
}
