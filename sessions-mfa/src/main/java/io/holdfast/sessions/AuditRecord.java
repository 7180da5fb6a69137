package io.holdfast.sessions;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A line of the audit log. It carries the hash of the one before it in its chain, so that none can be changed, taken out or put
 * in without all that follow being made anew; and those others have.
 *
 * @param chain the chain's name: the member, and an id of its state directory
 * @param number 1 and up, without gaps in its chain
 * @param at when, by the clock of the agent
 * @param entry what happened
 * @param previous the hash of the record before it; empty for the first
 * @param hash over all of the above
 */
public record AuditRecord(String chain, long number, Instant at, AuditEntry entry, String previous, String hash) {
    /** The record that follows another. */
    public static AuditRecord after(@Nullable AuditRecord last, String chain, Instant at, AuditEntry entry) {
        long number = last == null ? 1 : last.number() + 1;
        String previous = last == null ? "" : last.hash();
        return new AuditRecord(chain, number, at, entry, previous, hash(chain, number, at, entry, previous));
    }

    /** True when the hash is that of the record. */
    public boolean isWhole() {
        return Digests.equal(hash, hash(chain, number, at, entry, previous));
    }

    /** True when it can stand right after another. */
    public boolean follows(@Nullable AuditRecord last) {
        return isWhole() && number == (last == null ? 1 : last.number() + 1)
                && previous.equals(last == null ? "" : last.hash()) && (last == null || chain.equals(last.chain()));
    }

    private static String hash(String chain, long number, Instant at, AuditEntry entry, String previous) {
        Long age = entry.factorAgeSeconds();
        return Digests.sha256("audit record", chain, Long.toString(number), at.toString(), entry.who(), entry.from(),
                entry.action(), entry.object(), age == null ? "none" : age.toString(),
                Boolean.toString(entry.allowed()), entry.result(), previous);
    }
}
