package io.holdfast.backup.io;

import io.holdfast.config.Secret;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where an object store is, and how long it may take.
 *
 * @param bucket the bucket, which must be there
 * @param prefix what all keys begin with, ending with a slash; empty for none
 * @param endpoint the server; null for Amazon's own
 * @param region its region; null for what the environment says
 * @param pathStyle whether the bucket stands in the path instead of the host's name
 * @param credentials null for what the SDK finds: environment, profile, the machine's role
 * @param limits how long to wait
 */
public record S3Options(String bucket, String prefix, @Nullable URI endpoint, @Nullable String region,
        boolean pathStyle,
        @Nullable Credentials credentials, Limits limits) {

    /**
     * A key of the store.
     *
     * @param accessKey its name
     * @param secretKey what proves it
     */
    public record Credentials(String accessKey, Secret secretKey) {}

    /**
     * How long to wait. A store that stays away is given up after {@code call}; one that answers slowly is not, as long as
     * bytes arrive.
     *
     * @param connect for a connection
     * @param silence for the next byte
     * @param attempt for one attempt of a request
     * @param call for a request with all its attempts
     * @param attempts how often a request is tried, 1 and up
     */
    public record Limits(Duration connect, Duration silence, Duration attempt, Duration call, int attempts) {
        /** For every day. */
        public static final Limits DEFAULT = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(15),
                Duration.ofSeconds(60), Duration.ofSeconds(120), 4);
    }
}
