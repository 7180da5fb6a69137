package io.holdfast.sessions.io;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/** What nobody can guess. */
final class Tokens {
    private static final int BYTES = 32;
    private static final int ID_BYTES = 4;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Tokens() {}

    /** A token of 256 random bits; the prefix tells people and scanners of secrets what it is. */
    static String create(String prefix) {
        return prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(BYTES));
    }

    /** 8 random hexadecimal digits, for what only has to be unique. */
    static String id() {
        return HexFormat.of().formatHex(bytes(ID_BYTES));
    }

    static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
