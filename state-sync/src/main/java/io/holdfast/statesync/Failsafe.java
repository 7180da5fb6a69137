package io.holdfast.statesync;

import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Whose promises together carry a primary that cannot renew its lease. As long as there is this record, nobody else takes over,
 * and every takeover compares its version.
 *
 * @param members all of them, the primary too
 * @param promiseMillis for how long a promise binds who gives it, 1 and up
 */
public record Failsafe(NavigableSet<MemberName> members, long promiseMillis) {
    /** Takes an immutable copy. */
    public Failsafe {
        members = Collections.unmodifiableNavigableSet(new TreeSet<>(members));
    }
}
