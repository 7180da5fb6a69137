package io.holdfast.statesync.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Measured;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Pause;
import io.holdfast.statesync.Requests;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.Suspicion;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's records as JSON that a person can read: positions as {@code 0/5000148}, members as {@code db1@1a2b3c4d},
 * instants as ISO text. Unknown fields are passed over, so that agents of two releases can run side by side. For any number
 * of threads. A text that was read before is not parsed again.
 */
public final class ClusterJson {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterJson.class);
    private static final int REMEMBERED = 20_000;

    private final JsonMapper mapper = RecordMapper.create();
    private final Function<String, ClusterSettings> settings;
    private final Map<Text, Object> parsed = new ConcurrentHashMap<>();
    private volatile @Nullable LastRead last;

    private record Text(Class<?> type, String json) {}

    private record LastRead(Snapshot snapshot, ClusterState state) {}

    /** Without a reader for the settings: the defaults hold. */
    public ClusterJson() {
        this(text -> ClusterSettings.DEFAULTS);
    }

    /**
     * With a reader for the settings.
     *
     * @param settings reads the value of {@link Keys#SETTINGS}
     */
    public ClusterJson(Function<String, ClusterSettings> settings) {
        this.settings = settings;
    }

    /** A record, or a list or map of records, as JSON on one line. */
    public String write(Object record) {
        try {
            return mapper.writeValueAsString(record);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a " + record.getClass().getSimpleName() + " cannot be written", e);
        }
    }

    /**
     * Reads one record.
     *
     * @throws HoldfastException HF-1004 when the text is not such a record
     */
    public <T> T read(String text, Class<T> type) {
        try {
            T value = mapper.readValue(text, type);
            if (value != null) {
                return value;
            }
            throw unreadable(type, "it is null", null);
        } catch (JsonProcessingException e) {
            throw unreadable(type, e.getOriginalMessage(), e);
        }
    }

    /** One entry as a record with its version; remembered. */
    public <T> Versioned<T> read(Entry entry, Class<T> type) {
        Text text = new Text(type, entry.value());
        Object known = parsed.get(text);
        if (known == null) {
            if (parsed.size() >= REMEMBERED) {
                parsed.clear();
            }
            known = type == ClusterSettings.class ? settings.apply(entry.value()) : read(entry.value(), type);
            parsed.put(text, known);
        }
        return new Versioned<>(type.cast(known), entry.version());
    }

    /**
     * All of the cluster's records. A status that cannot be read is passed over, since a newer release may say what this one
     * does not know.
     *
     * @param snapshot of all keys
     * @throws HoldfastException HF-1004 when any other record cannot be read
     */
    @SuppressWarnings("ReferenceEquality") // Only the very same snapshot needs no comparing of all its entries.
    public ClusterState read(Snapshot snapshot) {
        LastRead before = last;
        if (before != null && before.snapshot() == snapshot) {
            return before.state();
        }
        ClusterState state = parse(snapshot);
        last = new LastRead(snapshot, state);
        return state;
    }

    private ClusterState parse(Snapshot snapshot) {
        NavigableMap<MemberName, Versioned<Attachment>> attachments = new TreeMap<>();
        entries(snapshot, Keys.ATTACH).forEach((key, entry) -> {
            Versioned<Attachment> attachment = read(entry, Attachment.class);
            attachments.put(attachment.value().member().name(), attachment);
        });
        NavigableMap<Epoch, Versioned<HistoryEntry>> history = new TreeMap<>();
        entries(snapshot, Keys.HISTORY).forEach((key, entry) -> {
            Versioned<HistoryEntry> one = read(entry, HistoryEntry.class);
            history.put(one.value().epoch(), one);
        });
        NavigableMap<MemberName, MemberRecord> members = new TreeMap<>();
        entries(snapshot, Keys.MEMBERS).forEach((key, entry) -> {
            MemberRecord member = read(entry, MemberRecord.class).value();
            members.put(member.name(), member);
        });
        ClusterSettings held = value(snapshot, Keys.SETTINGS, ClusterSettings.class);
        Measured measured = value(snapshot, Keys.MEASURED, Measured.class);
        return new ClusterState(snapshot.revision(), value(snapshot, Keys.CLUSTER, ClusterRecord.class),
                held == null ? ClusterSettings.DEFAULTS : held, versioned(snapshot, Keys.LEADER, Leadership.class),
                leaseAlive(snapshot), value(snapshot, Keys.POSITION, LeaderPosition.class),
                versioned(snapshot, Keys.SYNC, SyncSet.class), versioned(snapshot, Keys.FAILSAFE, Failsafe.class),
                attachments, history, members, statuses(snapshot),
                suspicions(snapshot), requests(snapshot), measured == null ? Measured.DEFAULTS : measured);
    }

    private NavigableMap<MemberName, Suspicion> suspicions(Snapshot snapshot) {
        NavigableMap<MemberName, Suspicion> suspicions = new TreeMap<>();
        Versioned<Leadership> leadership = versioned(snapshot, Keys.LEADER, Leadership.class);
        if (leadership != null) {
            entries(snapshot, Keys.suspicions(leadership.value().epoch())).forEach((key, entry) -> {
                Suspicion suspicion = read(entry, Suspicion.class).value();
                suspicions.put(suspicion.by(), suspicion);
            });
        }
        return suspicions;
    }

    private Requests requests(Snapshot snapshot) {
        NavigableMap<MemberName, Versioned<Order>> orders = new TreeMap<>();
        entries(snapshot, Keys.ORDERS).forEach((key, entry) -> {
            Versioned<Order> order = read(entry, Order.class);
            orders.put(order.value().member().name(), order);
        });
        return new Requests(value(snapshot, Keys.PAUSE, Pause.class),
                versioned(snapshot, Keys.HANDOVER, Handover.class), orders,
                versioned(snapshot, Keys.RESTORE, Restoring.class));
    }

    private NavigableMap<MemberName, MemberStatus> statuses(Snapshot snapshot) {
        NavigableMap<MemberName, MemberStatus> statuses = new TreeMap<>();
        entries(snapshot, Keys.STATUS).forEach((key, entry) -> {
            try {
                MemberStatus status = read(entry, MemberStatus.class).value();
                statuses.put(status.member().name(), status);
            } catch (HoldfastException e) {
                LOG.debug("{} is passed over", key, e);
            }
        });
        return statuses;
    }

    /** The lease's key is there, and is the current leadership's: that of an earlier one says nothing. */
    private boolean leaseAlive(Snapshot snapshot) {
        Entry lease = snapshot.entries().get(Keys.LEASE);
        Versioned<Leadership> leadership = versioned(snapshot, Keys.LEADER, Leadership.class);
        return lease != null && leadership != null && leadership.value().epoch().toString().equals(lease.value());
    }

    private static Map<String, Entry> entries(Snapshot snapshot, String prefix) {
        return snapshot.entries().subMap(prefix, true, prefix + Character.MAX_VALUE, false);
    }

    private <T> @Nullable Versioned<T> versioned(Snapshot snapshot, String key, Class<T> type) {
        Entry entry = snapshot.entries().get(key);
        return entry == null ? null : read(entry, type);
    }

    private <T> @Nullable T value(Snapshot snapshot, String key, Class<T> type) {
        Versioned<T> versioned = versioned(snapshot, key, type);
        return versioned == null ? null : versioned.value();
    }

    private static HoldfastException unreadable(Class<?> type, String why, @Nullable Exception cause) {
        Problem problem = new Problem("HF-1004", "a record in the store is not a " + type.getSimpleName() + ": " + why,
                "it was written by a release that this one cannot work with, or by hand;"
                        + " run the same release on all members.");
        return cause == null ? problem.toException() : new HoldfastException(problem, cause);
    }
}
