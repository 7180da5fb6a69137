package io.holdfast.replication;

/**
 * What a member answers to a primary that cannot renew its lease.
 *
 * @param promisedMillis for how long it will not become a primary, from the receipt of the question; 0: it promises nothing
 * @param why why it does not; empty when it does
 */
public record Answer(long promisedMillis, String why) {
    static Answer refused(String why) {
        return new Answer(0, why);
    }
}
