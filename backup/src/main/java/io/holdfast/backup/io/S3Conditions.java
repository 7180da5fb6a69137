package io.holdfast.backup.io;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Whether a store keeps the condition that an object must not be there yet, or passes over it and overwrites. It is tried
 * once, on an object whose content is always the same: the mark that this is a repository.
 */
final class S3Conditions {
    private static final String MARK = "holdfast-repository";
    private static final String CONTENT = "A repository of Holdfast. Objects in it are written once and never changed.\n";

    private final S3Client client;
    private final S3Options options;
    private @Nullable Boolean kept;

    S3Conditions(S3Client client, S3Options options) {
        this.client = client;
        this.options = options;
    }

    /** True for the mark itself, which is no object of a backup. */
    static boolean isMark(String key, S3Options options) {
        return key.equals(options.prefix() + MARK);
    }

    /** Whether the store keeps it; throws the SDK's errors when that could not be found out. */
    synchronized boolean areKept() {
        if (kept == null) {
            // The first put is refused where the mark is there already. If it was not, it is there now.
            boolean first = isRefused();
            kept = first || isRefused();
        }
        return kept;
    }

    private boolean isRefused() {
        try {
            client.putObject(put -> put.bucket(options.bucket()).key(options.prefix() + MARK).ifNoneMatch("*"),
                    RequestBody.fromBytes(CONTENT.getBytes(StandardCharsets.US_ASCII)));
            return false;
        } catch (SdkException e) {
            int status = S3Trouble.status(e);
            if (status == S3Trouble.PRECONDITION_FAILED || status == S3Trouble.CONFLICT) {
                return true;
            }
            if (status == S3Trouble.NOT_IMPLEMENTED) {
                return false;
            }
            throw e;
        }
    }
}
