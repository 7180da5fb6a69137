package io.holdfast.backup.io;

import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Passes bytes on, and takes their fingerprint on the way. */
public final class Fingerprinting extends OutputStream {
    private static final int PIECE = 64 << 10;

    private final OutputStream out;
    private final MessageDigest digest = sha256();
    private long sizeBytes;

    /** Passes on to a stream. */
    public Fingerprinting(OutputStream out) {
        this.out = out;
    }

    /** The fingerprint of all that a stream still gives; closes nothing. */
    public static Fingerprint of(InputStream in) throws IOException {
        Fingerprinting taken = new Fingerprinting(nullOutputStream());
        byte[] piece = new byte[PIECE];
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
            taken.write(piece, 0, read);
        }
        return taken.fingerprint();
    }

    /** The fingerprint of all that was written; to be asked for once, at the end. */
    public Fingerprint fingerprint() {
        return new Fingerprint(sizeBytes, new Sha256(HexFormat.of().formatHex(digest.digest())));
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[]{(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        digest.update(bytes, offset, length);
        sizeBytes += length;
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            // Every Java platform has it (java.security.MessageDigest).
            throw new IllegalStateException(e);
        }
    }
}
