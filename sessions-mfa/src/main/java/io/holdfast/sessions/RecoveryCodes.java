package io.holdfast.sessions;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a user writes down for the day when the device is lost. 120 bits each: from 112 on a plain hash is enough (NIST SP
 * 800-63B, look-up secrets), so that trying one costs an agent nothing.
 */
public final class RecoveryCodes {
    /** How many a user has. */
    public static final int COUNT = 10;
    /** How many random bytes a code is made of. */
    public static final int BYTES = 15;
    private static final int GROUP = 4;

    private RecoveryCodes() {}

    /**
     * Codes in groups of four letters and digits.
     *
     * @param random {@link #COUNT} times {@link #BYTES} bytes that nobody can guess
     */
    public static List<String> of(byte[] random) {
        if (random.length != COUNT * BYTES) {
            throw new IllegalArgumentException(random.length + " bytes");
        }
        List<String> codes = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            byte[] own = new byte[BYTES];
            System.arraycopy(random, i * BYTES, own, 0, BYTES);
            codes.add(
                    Base32.encode(own).toLowerCase(java.util.Locale.ROOT).replaceAll("(.{" + GROUP + "})(?=.)", "$1-"));
        }
        return codes;
    }

    /** The hash that is kept of a code; the same for every way to type it. Empty when it cannot be a code. */
    public static Optional<String> hash(UserName user, String typed) {
        return Base32.decode(typed)
                .filter(bytes -> bytes.length == BYTES)
                .map(bytes -> Digests.sha256("recovery code", user.value(), Base32.encode(bytes)));
    }

    /** The proof that a code is; empty when the user has no such code, or no longer. */
    public static Optional<Proof> accepted(User user, String typed) {
        String hash = hash(user.name(), typed).orElse("");
        boolean found = false;
        for (String kept : user.recoveryHashes()) {
            found |= Digests.equal(kept, hash);
        }
        return found ? Optional.of(new Proof.Recovery(hash)) : Optional.empty();
    }
}
