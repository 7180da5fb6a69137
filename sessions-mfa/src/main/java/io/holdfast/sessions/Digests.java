package io.holdfast.sessions;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, and texts that two different lists never share. */
public final class Digests {
    private Digests() {}

    /**
     * The digest of a list of texts, each preceded by its length, so that no two lists have the same bytes.
     *
     * @param purpose what the digest is for: those of two purposes never agree
     * @return 64 hexadecimal digits
     */
    public static String sha256(String purpose, String... parts) {
        MessageDigest digest = sha256();
        add(digest, purpose);
        for (String part : parts) {
            add(digest, part);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Compares two digests in a time that says nothing of where they differ. */
    public static boolean equal(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private static void add(MessageDigest digest, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update((byte) (bytes.length >>> 24));
        digest.update((byte) (bytes.length >>> 16));
        digest.update((byte) (bytes.length >>> 8));
        digest.update((byte) bytes.length);
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
