package io.holdfast.statesync.io;

import io.holdfast.statesync.ImageSeal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/** The seal's twin for who has no keys: nothing is sealed, and anybody could sign. */
final class PlainSeal implements ImageSeal {
    static final String SIGNER = "ed25519:none";

    @Override
    public List<String> recipients() {
        return List.of();
    }

    @Override
    public String signer() {
        return SIGNER;
    }

    @Override
    public byte[] seal(byte[] plain) {
        return plain.clone();
    }

    @Override
    public byte[] sign(byte[] signed) {
        try {
            return MessageDigest.getInstance("SHA-512").digest(signed);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean isSigned(byte[] signed, byte[] signature, String signer) {
        return signer.equals(SIGNER) && Arrays.equals(new PlainSeal().sign(signed), signature);
    }
}
