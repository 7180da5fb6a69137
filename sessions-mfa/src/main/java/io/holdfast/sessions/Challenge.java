package io.holdfast.sessions;

import java.time.Duration;
import java.time.Instant;

/**
 * A random text that was sealed for those who hold a private key of the backups: whoever tells it has one.
 *
 * @param user whose devices it is about
 * @param hash of the text
 * @param until when it is too late for an answer
 */
public record Challenge(UserName user, String hash, Instant until) {
    /** How long an answer may take; a program gives it. */
    public static final Duration PATIENCE = Duration.ofMinutes(1);

    /** Of a text that nobody can guess. */
    public static Challenge of(UserName user, String text, Instant now) {
        return new Challenge(user, hashOf(user, text), now.plus(PATIENCE));
    }

    /** True for the very text, in time. */
    public boolean isAnswered(String answer, Instant now) {
        return Digests.equal(hash, hashOf(user, answer)) && now.isBefore(until);
    }

    private static String hashOf(UserName user, String text) {
        return Digests.sha256("challenge", user.value(), text);
    }
}
