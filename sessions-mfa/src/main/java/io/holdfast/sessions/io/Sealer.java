package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Secret;
import io.holdfast.sessions.UserName;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals the secrets of second factors with AES-256-GCM under a key that is not in the state directory. A sealed secret opens for its
 * own user and device only: put in another's record it is worthless.
 */
public final class Sealer {
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final String CIPHER = "AES/GCM/NoPadding";

    private final SecretKeySpec key;

    private Sealer(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
    }

    /**
     * With the key of the configuration.
     *
     * @param text 32 bytes in base64
     * @throws HoldfastException HF-4011 when it is no such key
     */
    public static Sealer of(Secret text) {
        try {
            byte[] key = Base64.getDecoder().decode(text.reveal().strip());
            if (key.length == KEY_BYTES) {
                return new Sealer(key);
            }
        } catch (IllegalArgumentException e) {
            throw new HoldfastException(noKey(), e);
        }
        throw noKey().toException();
    }

    private static Problem noKey() {
        return new Problem("HF-4011", "sessions.seal-key is not 32 bytes in base64",
                "make one with 'openssl rand -base64 32', the same on all members.");
    }

    /** Seals a secret for a user and a device. */
    public String seal(byte[] secret, UserName user, String factor) {
        byte[] nonce = Tokens.bytes(NONCE_BYTES);
        byte[] sealed = apply(Cipher.ENCRYPT_MODE, nonce, secret, user, factor);
        byte[] all = Arrays.copyOf(nonce, nonce.length + sealed.length);
        System.arraycopy(sealed, 0, all, nonce.length, sealed.length);
        return Base64.getEncoder().encodeToString(all);
    }

    /** Opens what was sealed for a user and a device; throws HF-4012 when it was not, or with another key. */
    public byte[] open(String sealed, UserName user, String factor) {
        byte[] all = Base64.getDecoder().decode(sealed);
        return apply(Cipher.DECRYPT_MODE, Arrays.copyOf(all, NONCE_BYTES),
                Arrays.copyOfRange(all, NONCE_BYTES, all.length), user, factor);
    }

    private byte[] apply(int mode, byte[] nonce, byte[] input, UserName user, String factor) {
        try {
            Cipher cipher = Cipher.getInstance(CIPHER);
            cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(("holdfast totp\n" + user + "\n" + factor).getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(input);
        } catch (GeneralSecurityException e) {
            throw new HoldfastException(new Problem("HF-4012",
                    "the device " + factor + " of " + user + " cannot be opened with this sessions.seal-key",
                    "it must be the same on all members; where it is lost, devices are enrolled anew."), e);
        }
    }
}
