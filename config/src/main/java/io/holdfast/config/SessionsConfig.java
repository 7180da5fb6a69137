package io.holdfast.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code sessions}.
 *
 * @param idle a session ends after this time without a request, 1 min to 1 day
 * @param absolute a session ends after this time in any case, 1 min to 30 days
 * @param stepUp how long a second factor counts as fresh, 10 s to 1 h
 * @param sealKey 32 random bytes in base64, which seal the secrets of second factors; null: nobody can enrol one
 * @param sealKeyFile the file that it was read from; null: it came from elsewhere
 * @param audit where this agent's part of the audit log goes besides
 */
public record SessionsConfig(Duration idle, Duration absolute, Duration stepUp, @Nullable Secret sealKey,
        @Nullable Path sealKeyFile, AuditExportConfig audit) {
    /** What holds where nothing is written. */
    public static final SessionsConfig DEFAULTS = new SessionsConfig(Duration.ofMinutes(15), Duration.ofHours(8),
            Duration.ofMinutes(5), null, null, AuditExportConfig.NONE);
}
