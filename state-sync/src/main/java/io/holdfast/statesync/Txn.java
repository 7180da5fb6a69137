package io.holdfast.statesync;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transaction: operations that happen together, if every compare holds.
 *
 * @param compares what must hold
 * @param operations what then happens, in order
 */
public record Txn(List<Compare> compares, List<Operation> operations) {
    /** Takes immutable copies. */
    public Txn {
        compares = List.copyOf(compares);
        operations = List.copyOf(operations);
    }

    /** A condition on the state before the transaction. */
    public sealed interface Compare {
        /**
         * The key was last written by this revision.
         *
         * @param key the key
         * @param version its version; 0: the key is absent
         */
        record VersionIs(String key, long version) implements Compare {}

        /**
         * The lease is there (granted, neither expired nor revoked).
         *
         * @param lease its id
         */
        record LeaseIs(String lease) implements Compare {}
    }

    /** A change. */
    public sealed interface Operation {
        /**
         * Writes a key.
         *
         * @param key the key
         * @param value the new value
         * @param lease the lease that the key goes with; null: it stays until it is deleted. A lease that is not there by
         *     then makes the transaction a conflict, as {@link Compare.LeaseIs} does
         */
        record Put(String key, String value, @Nullable String lease) implements Operation {}

        /**
         * Deletes a key; nothing happens when it is absent.
         *
         * @param key the key
         */
        record Delete(String key) implements Operation {}

        /**
         * Starts a lease, or starts it anew: it expires {@code timeToLive} after this transaction, on the consensus leader's
         * monotonic clock, never earlier; later after a change of that leader. Keys that go with it stay bound to it.
         *
         * @param lease its id, chosen by the caller
         * @param timeToLive 1 ms and up
         */
        record Grant(String lease, Duration timeToLive) implements Operation {}

        /**
         * Ends a lease, and deletes its keys.
         *
         * @param lease its id; nothing happens when it is gone
         */
        record Revoke(String lease) implements Operation {}

        /**
         * Adds records to a log that the store itself numbers, so that whoever adds to it at the same time is in nobody's way:
         * each gets the next number, and becomes the key {@code log/NUMBER}, of twelve digits; {@code log-head} has the last
         * number, {@code log-from/source} the last id of that source. What is not after that id is passed over: it is in the
         * log already.
         *
         * @param log its name
         * @param source who adds to it; a source's ids grow
         * @param records what is added, in the order of their ids
         * @param kept how many records the log keeps, 1 and up; older ones are deleted
         */
        record Append(String log, String source, List<Item> records, int kept) implements Operation {
            /** Takes an immutable copy. */
            public Append {
                records = List.copyOf(records);
            }

            /**
             * One of them.
             *
             * @param id 1 and up
             * @param value the value of its key
             */
            public record Item(long id, String value) {}
        }
    }

    /** True when the store as it first was can carry it out. */
    public boolean isOfFirstFormat() {
        return operations.stream().noneMatch(operation -> operation instanceof Operation.Append);
    }

    /** Starts building a transaction. */
    public static Builder when() {
        return new Builder();
    }

    /** Builds a transaction in the order of reading: compares, then operations. */
    public static final class Builder {
        private final List<Compare> compares = new ArrayList<>();
        private final List<Operation> operations = new ArrayList<>();

        private Builder() {}

        /** Compares a key's version; 0: absent. */
        public Builder versionIs(String key, long version) {
            compares.add(new Compare.VersionIs(key, version));
            return this;
        }

        /** Asks that a lease is there. */
        public Builder leaseIs(String lease) {
            compares.add(new Compare.LeaseIs(lease));
            return this;
        }

        /** Writes a key. */
        public Builder put(String key, String value) {
            operations.add(new Operation.Put(key, value, null));
            return this;
        }

        /** Writes a key that goes with a lease. */
        public Builder put(String key, String value, String lease) {
            operations.add(new Operation.Put(key, value, lease));
            return this;
        }

        /** Deletes a key. */
        public Builder delete(String key) {
            operations.add(new Operation.Delete(key));
            return this;
        }

        /** Starts a lease, or starts it anew. */
        public Builder grant(String lease, Duration timeToLive) {
            operations.add(new Operation.Grant(lease, timeToLive));
            return this;
        }

        /** Ends a lease. */
        public Builder revoke(String lease) {
            operations.add(new Operation.Revoke(lease));
            return this;
        }

        /** Adds records to a log that the store numbers. */
        public Builder append(String log, String source, List<Operation.Append.Item> records, int kept) {
            operations.add(new Operation.Append(log, source, records, kept));
            return this;
        }

        /** The finished transaction. */
        public Txn build() {
            return new Txn(compares, operations);
        }
    }
}
