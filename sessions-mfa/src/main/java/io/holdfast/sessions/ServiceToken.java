package io.holdfast.sessions;

import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * A machine's way in: what it may do is listed, and it ends. It has no second factor, so nothing dangerous can be in its list.
 *
 * @param name what it is for
 * @param hash of the token, which was shown once
 * @param permissions what it may do
 * @param createdBy who made it
 * @param createdAt when
 * @param expiresAt when it ends
 */
public record ServiceToken(UserName name, String hash, Set<Permission> permissions, UserName createdBy,
        Instant createdAt, Instant expiresAt) {
    /** Takes an immutable copy; throws IllegalArgumentException when a permission is dangerous, or none is named. */
    public ServiceToken {
        if (permissions.isEmpty() || permissions.stream().anyMatch(Permission::isDangerous)) {
            throw new IllegalArgumentException("a service token cannot have " + permissions);
        }
        permissions = Collections.unmodifiableSet(EnumSet.copyOf(permissions));
    }

    /** The hash that is kept of a token. */
    public static String hashOf(String token) {
        return Digests.sha256("service token", token);
    }

    /** True while it has not ended. */
    public boolean isValid(Instant now) {
        return now.isBefore(expiresAt);
    }
}
