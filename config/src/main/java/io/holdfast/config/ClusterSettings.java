package io.holdfast.config;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What holds for the whole cluster: {@code cluster.settings} of the file at the first start, the store's from then on.
 *
 * @param durability what an acknowledged commit is worth
 * @param acks how many standbys must have flushed a commit, 1 to 8; durability quorum only
 * @param lease how long a leadership lives after its last renewal, 1 s to 10 min
 * @param suspectAfter silence after which a member is suspected, 200 ms to 1 min
 * @param settle how long a new primary waits for a first standby before {@code whenAlone} decides, 0 to 1 min
 * @param maxLagBytes async: the most that a failover may lose of what the old primary recorded, 0 and up
 * @param whenAlone what a primary does without standbys
 * @param cooldown no second failover within this time of the last one, unless the new primary is lost itself
 * @param restartInPlace what becomes of a primary whose PostgreSQL died
 * @param failsafe a primary that cannot renew its lease goes on while every other member promises not to become one
 * @param parameters PostgreSQL's own parameters, by name
 * @param slots what becomes of replication slots
 * @param approvals how many other administrators must approve what is dangerous
 * @param alerts what alert rules there are besides those that are shipped, and which of those are otherwise, by name
 */
public record ClusterSettings(Durability durability, int acks, Duration lease, Duration suspectAfter, Duration settle,
        long maxLagBytes, WhenAlone whenAlone, Duration cooldown, RestartInPlace restartInPlace, boolean failsafe,
        Map<String, String> parameters, SlotSettings slots, Approvals approvals, Map<String, AlertSetting> alerts) {

    /** What holds where nothing is written. */
    public static final ClusterSettings DEFAULTS = new ClusterSettings(Durability.QUORUM, 1, Duration.ofSeconds(5),
            Duration.ofMillis(600), Duration.ofSeconds(2), 1 << 20, WhenAlone.CONTINUE, Duration.ofSeconds(30),
            RestartInPlace.AUTO, false, Map.of(), SlotSettings.DEFAULTS, Approvals.NONE, Map.of());

    /** Takes immutable copies. */
    public ClusterSettings {
        parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
        alerts = Collections.unmodifiableMap(new TreeMap<>(alerts));
    }

    /** The same with other parameters of PostgreSQL. */
    public ClusterSettings withParameters(Map<String, String> other) {
        return new ClusterSettings(durability, acks, lease, suspectAfter, settle, maxLagBytes, whenAlone, cooldown,
                restartInPlace, failsafe, other, slots, approvals, alerts);
    }

    /** The same with other slots. */
    public ClusterSettings withSlots(SlotSettings other) {
        return new ClusterSettings(durability, acks, lease, suspectAfter, settle, maxLagBytes, whenAlone, cooldown,
                restartInPlace, failsafe, parameters, other, approvals, alerts);
    }

    /** The time that is kept free between the end of a hold and the end of the lease: a fifth of the lease. */
    public Duration margin() {
        return Duration.ofMillis(lease.toMillis() / 5);
    }
}
