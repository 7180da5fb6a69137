package io.holdfast.metrics.io;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where points go and how.
 *
 * @param url the server's address
 * @param org the organisation there; empty: none, as InfluxDB 1.8 has it
 * @param bucket the bucket there; for InfluxDB 1.8 database and retention policy
 * @param token proves that they may be written; null: nothing does
 * @param gzip whether requests are compressed
 * @param timeout how long an answer may take
 * @param queue what happens on the way
 */
public record InfluxOptions(URI url, String org, String bucket, @Nullable String token, boolean gzip, Duration timeout,
        Queue queue) {

    /**
     * What happens on the way.
     *
     * @param batchPoints how many points are sent together at most
     * @param memoryPoints how many wait in memory at most; more are dropped, the oldest first
     * @param directory of the spool, and of what was refused
     * @param spoolBytes how large the spool may be
     * @param replayPerSecond how many points of the spool are sent in a second at most
     */
    public record Queue(int batchPoints, int memoryPoints, Path directory, long spoolBytes, int replayPerSecond) {}

    @Override
    public String toString() {
        return url + " bucket " + bucket;
    }
}
