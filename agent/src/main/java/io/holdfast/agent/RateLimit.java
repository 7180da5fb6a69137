package io.holdfast.agent;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often an address may ask: so much at once, and from then on so much in a second. Of too many addresses those that have been
 * silent for longest are forgotten, so that it never takes more memory than it was given.
 */
public final class RateLimit {
    private static final int MOST_ADDRESSES = 4096;
    private static final double NANOS = 1e9;

    private final double atOnce;
    private final double aSecond;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true);

    /** What an address has left, as of a moment of the monotonic clock. */
    private record Bucket(double left, long atNanos) {}

    /**
     * A limit for each address.
     *
     * @param atOnce requests after a silence, 1 and up
     * @param aSecond requests in a second for as long as it goes on
     */
    public RateLimit(double atOnce, double aSecond) {
        this.atOnce = atOnce;
        this.aSecond = aSecond;
    }

    /** Counts a request; false when it is one too many. */
    public synchronized boolean allows(String address, long nowNanos) {
        Bucket before = buckets.getOrDefault(address, new Bucket(atOnce, nowNanos));
        double left = Math.min(atOnce, before.left() + (nowNanos - before.atNanos()) / NANOS * aSecond);
        buckets.put(address, new Bucket(left < 1 ? left : left - 1, nowNanos));
        if (buckets.size() > MOST_ADDRESSES) {
            buckets.remove(buckets.keySet().iterator().next());
        }
        return left >= 1;
    }
}
