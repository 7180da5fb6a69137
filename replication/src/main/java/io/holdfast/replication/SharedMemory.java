package io.holdfast.replication;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The parameters that a standby must have at least as great as its primary, or it does not start, or its replay stops (manual,
 * "Hot Standby: Administrator's Overview"): raised on the standbys first, lowered on the primary first. Of what is wanted and what
 * the control file says that the last primary had, this gives what a start takes.
 */
public final class SharedMemory {
    /** The parameters, and PostgreSQL's own defaults. */
    public static final Map<String, Long> DEFAULTS = Collections
            .unmodifiableMap(new TreeMap<>(Map.of("max_connections", 100L,
                    "max_worker_processes", 8L, "max_wal_senders", 10L, "max_prepared_transactions", 0L,
                    "max_locks_per_transaction", 64L)));

    private SharedMemory() {}

    /**
     * A standby's values: never less than the primary's.
     *
     * @param wanted what the settings say
     * @param control what the control file says that the primary had
     */
    public static Map<String, Long> ofStandby(Map<String, Long> wanted, Map<String, Long> control) {
        Map<String, Long> values = new TreeMap<>();
        wanted.forEach((name, value) -> values.put(name, Math.max(value, control.getOrDefault(name, 0L))));
        return values;
    }

    /**
     * A primary's values: lower ones at once, greater ones only when every standby has them.
     *
     * @param wanted what the settings say
     * @param control what the control file says that it had
     * @param standbys what the standbys run with, each; what one does not tell does not count
     */
    public static Map<String, Long> ofPrimary(Map<String, Long> wanted, Map<String, Long> control,
            Collection<Map<String, Long>> standbys) {
        Map<String, Long> values = new TreeMap<>();
        wanted.forEach((name, value) -> {
            long had = control.getOrDefault(name, value);
            boolean early = standbys.stream().anyMatch(running -> running.getOrDefault(name, value) < value);
            values.put(name, value > had && early ? Long.valueOf(had) : value);
        });
        return values;
    }
}
