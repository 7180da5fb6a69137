package io.holdfast.statesync;

import io.holdfast.statesync.Txn.Compare;
import io.holdfast.statesync.Txn.Operation;
import io.holdfast.statesync.WatchEvent.Change;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The store itself: what a transaction does to the keys and leases. Deterministic, so that every replica which applies the
 * same transactions in the same order is in the same state; it knows no time, a lease ends here only when it is told so.
 * The in-memory twin and the consensus adapter both run this. For one thread at a time.
 */
public final class StoreMachine {
    /** What this release can carry out: 2 is with {@link Operation.Append}. */
    public static final int FORMAT = 2;

    private final NavigableMap<String, Entry> entries = new TreeMap<>();
    private final NavigableMap<String, LeaseImage> leases = new TreeMap<>();
    private final Map<String, NavigableSet<String>> keysOfLease = new HashMap<>();
    private long revision;

    /**
     * What came of a transaction.
     *
     * @param result applied or conflict, never unknown
     * @param changed the keys that changed; null when none did
     */
    public record Outcome(TxnResult result, WatchEvent.@Nullable Changed changed) {}

    /**
     * A lease.
     *
     * @param id its id
     * @param timeToLiveMillis how long it lives after it was granted, 1 and up
     * @param grantRevision the revision that granted it last
     */
    public record LeaseImage(String id, long timeToLiveMillis, long grantRevision) {}

    /**
     * All of the state, to be kept on disk or sent to another replica.
     *
     * @param revision the revision of the last applied transaction
     * @param entries all keys, in order
     * @param leases all leases, in order
     */
    public record Image(long revision, List<Entry> entries, List<LeaseImage> leases) {
        /** Takes immutable copies. */
        public Image {
            entries = List.copyOf(entries);
            leases = List.copyOf(leases);
        }
    }

    /** An empty store at revision 0. */
    public StoreMachine() {}

    /** A store in the state of an image. */
    public StoreMachine(Image image) {
        revision = image.revision();
        for (LeaseImage lease : image.leases()) {
            leases.put(lease.id(), lease);
            keysOfLease.put(lease.id(), new TreeSet<>());
        }
        for (Entry entry : image.entries()) {
            entries.put(entry.key(), entry);
            if (entry.lease() != null) {
                keysOf(entry.lease()).add(entry.key());
            }
        }
    }

    /** The state as it is now. */
    public Image image() {
        return new Image(revision, List.copyOf(entries.values()), List.copyOf(leases.values()));
    }

    /** The revision of the last applied transaction; 0 before the first. */
    public long revision() {
        return revision;
    }

    /** The keys with a prefix: a view, in order. */
    public NavigableMap<String, Entry> entries(String prefix) {
        return Collections.unmodifiableNavigableMap(
                prefix.isEmpty() ? entries : entries.subMap(prefix, true, prefix + Character.MAX_VALUE, false));
    }

    /** The leases: a view, in order. */
    public NavigableMap<String, LeaseImage> leases() {
        return Collections.unmodifiableNavigableMap(leases);
    }

    /**
     * Carries out a transaction. One that is applied has a new revision, even if no key changes; one in conflict has none.
     */
    public Outcome apply(Txn txn) {
        List<Compare> failed = failedOf(txn);
        if (!failed.isEmpty()) {
            return new Outcome(new TxnResult.Conflict(failed), null);
        }
        revision++;
        Touched touched = new Touched();
        for (Operation operation : txn.operations()) {
            switch (operation) {
                case Operation.Put put -> put(put, touched);
                case Operation.Delete delete -> delete(delete.key(), touched);
                case Operation.Grant grant -> grant(grant);
                case Operation.Revoke revoke -> revoke(revoke.lease(), touched);
                case Operation.Append append -> append(append, touched);
            }
        }
        return new Outcome(new TxnResult.Applied(revision), touched.changed());
    }

    /**
     * Ends a lease whose time is over, with its keys.
     *
     * @param grantRevision the grant whose time is over: nothing happens when the lease was granted again meanwhile
     */
    public Outcome expire(String lease, long grantRevision) {
        LeaseImage now = leases.get(lease);
        if (now == null || now.grantRevision() != grantRevision) {
            return new Outcome(new TxnResult.Conflict(List.of(new Compare.LeaseIs(lease))), null);
        }
        revision++;
        Touched touched = new Touched();
        revoke(lease, touched);
        return new Outcome(new TxnResult.Applied(revision), touched.changed());
    }

    private List<Compare> failedOf(Txn txn) {
        List<Compare> failed = null;
        for (Compare compare : txn.compares()) {
            if (!holds(compare)) {
                failed = failed == null ? new ArrayList<>(2) : failed;
                failed.add(compare);
            }
        }
        return failed == null ? missingLeases(txn) : failed;
    }

    private boolean holds(Compare compare) {
        return switch (compare) {
            case Compare.VersionIs is -> {
                Entry entry = entries.get(is.key());
                yield (entry == null ? 0 : entry.version()) == is.version();
            }
            case Compare.LeaseIs is -> leases.containsKey(is.lease());
        };
    }

    /** A key can go only with a lease that is there by then: each such put carries that compare with it. */
    private List<Compare> missingLeases(Txn txn) {
        Map<String, Boolean> changed = null;
        List<Compare> missing = List.of();
        for (Operation operation : txn.operations()) {
            switch (operation) {
                case Operation.Grant grant -> {
                    changed = changed == null ? new HashMap<>(4) : changed;
                    changed.put(grant.lease(), true);
                }
                case Operation.Revoke revoke -> {
                    changed = changed == null ? new HashMap<>(4) : changed;
                    changed.put(revoke.lease(), false);
                }
                case Operation.Put put -> {
                    String lease = put.lease();
                    if (lease != null) {
                        Boolean known = changed == null ? null : changed.get(lease);
                        if (known == null ? !leases.containsKey(lease) : !known) {
                            missing = missing.isEmpty() ? new ArrayList<>(2) : missing;
                            missing.add(new Compare.LeaseIs(lease));
                        }
                    }
                }
                case Operation.Delete _,Operation.Append _ -> {
                }
            }
        }
        return missing;
    }

    private void put(Operation.Put put, Touched touched) {
        String lease = put.lease();
        Entry before = entries.put(put.key(), new Entry(put.key(), put.value(), revision, lease));
        touched.add(put.key(), before != null);
        unbind(before, lease);
        if (lease != null) {
            keysOf(lease).add(put.key());
        }
    }

    private void delete(String key, Touched touched) {
        Entry before = entries.remove(key);
        if (before != null) {
            touched.add(key, true);
            unbind(before, null);
        }
    }

    private void unbind(@Nullable Entry before, @Nullable String newLease) {
        if (before != null && before.lease() != null && !before.lease().equals(newLease)) {
            keysOf(before.lease()).remove(before.key());
        }
    }

    private void grant(Operation.Grant grant) {
        leases.put(grant.lease(),
                new LeaseImage(grant.lease(), Math.max(1, grant.timeToLive().toMillis()), revision));
        keysOfLease.computeIfAbsent(grant.lease(), id -> new TreeSet<>());
    }

    private void revoke(String lease, Touched touched) {
        if (leases.remove(lease) == null) {
            return;
        }
        NavigableSet<String> keys = keysOfLease.remove(lease);
        if (keys != null) {
            for (String key : keys) {
                entries.remove(key);
                touched.add(key, true);
            }
        }
    }

    /** Numbers are given here, where all agree on the order; an id that is known keeps a repeated append from counting twice. */
    private void append(Operation.Append append, Touched touched) {
        String head = append.log() + "-head";
        String from = append.log() + "-from/" + append.source();
        long last = number(head);
        long known = number(from);
        long before = last;
        for (Operation.Append.Item record : append.records()) {
            if (record.id() > known) {
                known = record.id();
                last++;
                put(new Operation.Put(Keys.numbered(append.log(), last), record.value(), null), touched);
                delete(Keys.numbered(append.log(), last - append.kept()), touched);
            }
        }
        if (last > before) {
            put(new Operation.Put(head, Long.toString(last), null), touched);
            put(new Operation.Put(from, Long.toString(known), null), touched);
        }
    }

    private long number(String key) {
        Entry entry = entries.get(key);
        return entry == null ? 0 : Long.parseLong(entry.value());
    }

    private NavigableSet<String> keysOf(String lease) {
        NavigableSet<String> keys = keysOfLease.get(lease);
        if (keys == null) {
            throw new IllegalStateException("a key goes with lease " + lease + ", which is not there");
        }
        return keys;
    }

    /** The keys that a transaction touched, in order, and whether each was there before it. */
    private final class Touched {
        private final NavigableMap<String, Boolean> keys = new TreeMap<>();

        void add(String key, boolean wasPresent) {
            keys.putIfAbsent(key, wasPresent);
        }

        WatchEvent.@Nullable Changed changed() {
            List<Change> changes = new ArrayList<>(keys.size());
            keys.forEach((key, wasPresent) -> {
                Entry entry = entries.get(key);
                if (entry != null) {
                    changes.add(new Change.Written(entry));
                } else if (wasPresent) {
                    changes.add(new Change.Deleted(key));
                }
            });
            if (changes.isEmpty()) {
                return null;
            }
            return new WatchEvent.Changed(revision, changes);
        }
    }
}
