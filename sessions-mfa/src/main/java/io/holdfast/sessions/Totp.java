package io.holdfast.sessions;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * One-time codes by time: RFC 6238, with the truncation of RFC 4226.
 *
 * @param algorithm the digest under the HMAC
 * @param digits how long a code is, 6 to 8
 * @param periodSeconds how long a code is shown, 1 and up
 */
public record Totp(Algorithm algorithm, int digits, int periodSeconds) {
    /** What every authenticator app can do. */
    public static final Totp USUAL = new Totp(Algorithm.SHA1, 6, 30);
    /** Steps to either side that are accepted, for clocks that differ and codes that travel: RFC 6238, section 5.2. */
    private static final int SKEW = 1;

    /** The digests that RFC 6238 knows. */
    public enum Algorithm {
        /** What authenticator apps take for granted; sound in an HMAC. */
        SHA1(20),
        /** SHA-256. */
        SHA256(32),
        /** SHA-512. */
        SHA512(64);

        private final int secretBytes;

        Algorithm(int secretBytes) {
            this.secretBytes = secretBytes;
        }

        /** How long a secret is: as long as the digest, as RFC 4226, section 4, recommends. */
        public int secretBytes() {
            return secretBytes;
        }
    }

    /** Computes the code of a counter: RFC 4226, section 5.3. */
    @FunctionalInterface
    public interface Codes {
        /**
         * The code, with leading zeros.
         *
         * @param totp digest and length
         * @param secret the shared secret
         * @param counter 0 and up
         */
        String code(Totp totp, byte[] secret, long counter);
    }

    /** Throws IllegalArgumentException when a number is out of its range. */
    public Totp {
        if (digits < 6 || digits > 8 || periodSeconds < 1) {
            throw new IllegalArgumentException("codes of " + digits + " digits for " + periodSeconds + " s");
        }
    }

    /** The number of the period that a moment is in. */
    public long step(Instant at) {
        return Math.floorDiv(at.getEpochSecond(), periodSeconds);
    }

    /**
     * Looks whether a code is one of now, and was not accepted before. Takes equally long whichever code it is: all candidates
     * are computed and compared to their ends.
     *
     * @param code as it was typed; blanks do not count
     * @param now the time
     * @param lastStep the newest step that was accepted; none up to it is accepted again. -1 before the first
     * @return the step whose code it is; empty when it is refused
     */
    public OptionalLong accepted(Codes codes, byte[] secret, String code, Instant now, long lastStep) {
        byte[] typed = code.replace(" ", "").getBytes(StandardCharsets.UTF_8);
        long current = step(now);
        long found = -1;
        for (long step = Math.max(0, current - SKEW); step <= current + SKEW; step++) {
            byte[] right = codes.code(this, secret, step).getBytes(StandardCharsets.UTF_8);
            boolean isEqual = MessageDigest.isEqual(right, typed);
            found = isEqual && step > lastStep ? step : found;
        }
        return found < 0 ? OptionalLong.empty() : OptionalLong.of(found);
    }

    /**
     * What an authenticator app reads, as text or as a QR code.
     *
     * @param issuer whose login it is, such as {@code Holdfast orders}
     * @param account whose
     */
    public String uri(String issuer, String account, byte[] secret) {
        return "otpauth://totp/" + escaped(issuer) + ":" + escaped(account) + "?secret=" + Base32.encode(secret)
                + "&issuer=" + escaped(issuer) + "&algorithm=" + algorithm + "&digits="
                + digits + "&period=" + periodSeconds;
    }

    /** RFC 3986: what is not unreserved is escaped. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            char letter = (char) (one & 0xff);
            boolean plain = letter < 0x80 && (Character.isLetterOrDigit(letter) || "-._~".indexOf(letter) >= 0);
            escaped.append(plain ? String.valueOf(letter) : "%%%02X".formatted(one & 0xff));
        }
        return escaped.toString();
    }
}
