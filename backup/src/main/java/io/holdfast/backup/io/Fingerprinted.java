package io.holdfast.backup.io;

import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Takes the fingerprint of what is read through it. */
final class Fingerprinted extends FilterInputStream {
    private final MessageDigest digest;
    private long bytes;

    Fingerprinted(InputStream in) {
        super(in);
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int got = in.read(buffer, offset, length);
        if (got > 0) {
            digest.update(buffer, offset, got);
            bytes += got;
        }
        return got;
    }

    /** Of what was read so far; once. */
    Fingerprint fingerprint() {
        return new Fingerprint(bytes, new Sha256(HexFormat.of().formatHex(digest.digest())));
    }
}
