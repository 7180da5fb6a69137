package io.holdfast.config;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of replication slots.
 *
 * @param keepAbsent how long the primary keeps the slot of a member that is away, 0 to 30 days
 * @param permanent slots that outlive a failover, by name
 */
public record SlotSettings(Duration keepAbsent, Map<String, Permanent> permanent) {
    /** What holds where nothing is written. */
    public static final SlotSettings DEFAULTS = new SlotSettings(Duration.ofHours(1), Map.of());

    /** Takes an immutable copy. */
    public SlotSettings {
        permanent = Collections.unmodifiableMap(new TreeMap<>(permanent));
    }

    /**
     * A slot that is declared.
     *
     * @param type its kind
     * @param database logical: the database that it decodes; null for a physical one
     * @param plugin logical: the output plugin; null for a physical one
     */
    public record Permanent(Type type, @Nullable String database, @Nullable String plugin) {}

    /** The kinds of slots. */
    public enum Type {
        /** Keeps WAL, for a standby or an archiver that streams. */
        PHYSICAL,
        /** Decodes the changes of one database. */
        LOGICAL
    }

    /** True when some slot is logical, which needs {@code wal_level = logical}. */
    public boolean hasLogical() {
        return permanent.values().stream().anyMatch(slot -> slot.type() == Type.LOGICAL);
    }
}
