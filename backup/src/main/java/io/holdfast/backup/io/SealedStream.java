package io.holdfast.backup.io;

import com.exceptionfactory.jagged.PayloadException;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Objects as they lie in a repository: compressed by zstd, then sealed by age (https://age-encryption.org/v1), so that
 * {@code age -d -i KEY | zstd -d} opens them. Both ways go piece by piece and need some hundred kilobytes of memory.
 */
public final class SealedStream {
    /**
     * The level of zstd that makes pages of tables and indexes, and WAL, as small as its own default, 3, does or smaller, at
     * less than half of the time. Text in plain files it leaves a tenth larger (docs/measurements.md).
     */
    public static final int LEVEL = 1;
    private static final byte[] VERSION = "age-encryption.org/v1\n".getBytes(StandardCharsets.US_ASCII);

    private SealedStream() {}

    /** The form in which content goes to the repository. */
    public static Sealing seal(Content plain, Encryption encryption) {
        return new Sealing(plain, encryption, LEVEL);
    }

    /** The same, compressed at another level of zstd. */
    public static Sealing seal(Content plain, Encryption encryption, int level) {
        return new Sealing(plain, encryption, level);
    }

    /** Content in the form of the repository. */
    public static final class Sealing implements Content {
        private final Content plain;
        private final Encryption encryption;
        private final int level;
        private long plainBytes;

        private Sealing(Content plain, Encryption encryption, int level) {
            this.plain = plain;
            this.encryption = encryption;
            this.level = level;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            WritableByteChannel sealed = switch (encryption) {
                case Encryption.To to -> age(out, to.recipients());
                case Encryption.None _ -> Channels.newChannel(out);
            };
            try (ZstdOutput compressed = new ZstdOutput(sealed, level)) {
                plain.writeTo(compressed);
                compressed.finish();
                plainBytes = compressed.plainBytes();
            }
            // Only here, where all went well: age's last chunk says that nothing is missing.
            if (encryption instanceof Encryption.To) {
                sealed.close();
            }
        }

        /** How many bytes went in, after they were written. */
        public long plainBytes() {
            return plainBytes;
        }
    }

    static WritableByteChannel age(OutputStream out, List<Recipient> recipients) throws IOException {
        try {
            List<RecipientStanzaWriter> writers = new ArrayList<>();
            for (Recipient recipient : recipients) {
                writers.add(X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(recipient.value()));
            }
            return new StandardEncryptingChannelFactory().newEncryptingChannel(new Unclosed(out), writers);
        } catch (GeneralSecurityException e) {
            // The recipients are valid: this Java lacks an algorithm.
            throw new IllegalStateException(e);
        }
    }

    /**
     * What an object holds. The stream throws {@link SealException} where the object is not what was stored, at the latest at
     * its end: only who has read to the end has the whole.
     *
     * @param stored the object; closed with what is returned, and when this throws
     * @param form how it is kept
     * @param identity opens it; null when there is none, which a sealed object does not forgive
     * @param what the object's name, for people
     */
    public static InputStream open(InputStream stored, Form form, @Nullable Identity identity, String what)
            throws IOException {
        try {
            InputStream compressed = switch (form) {
                case SEALED -> new Checked(decrypted(stored, identity, what), what);
                case COMPRESSED -> stored;
            };
            return new Checked(new ZstdInputStreamNoFinalizer(notEmpty(compressed, what)), what);
        } catch (IOException | RuntimeException e) {
            stored.close();
            throw e;
        }
    }

    /** For zstd's library no frame at all is an empty content; what was stored has always one. */
    private static InputStream notEmpty(InputStream compressed, String what) throws IOException {
        PushbackInputStream stream = new PushbackInputStream(compressed);
        int first = stream.read();
        if (first < 0) {
            throw damaged(what, new EOFException("it is empty"));
        }
        stream.unread(first);
        return stream;
    }

    static InputStream decrypted(InputStream stored, @Nullable Identity identity, String what)
            throws IOException {
        List<RecipientStanzaReader> readers = identity == null ? List.of() : identity.readers();
        PushbackInputStream age = new PushbackInputStream(stored, VERSION.length);
        byte[] version = age.readNBytes(VERSION.length);
        if (!Arrays.equals(version, 0, version.length, VERSION, 0, version.length)) {
            throw new SealException(SealException.Kind.OTHER_FORM,
                    new Problem("HF-2012", what + " is not sealed by age, or its beginning is damaged",
                            "'holdfast backup verify' compares it with its manifest."));
        }
        age.unread(version);
        try {
            ReadableByteChannel channel = new StandardDecryptingChannelFactory()
                    .newDecryptingChannel(Channels.newChannel(age), List.of(stanzas -> {
                        for (RecipientStanzaReader reader : readers) {
                            try {
                                return reader.getFileKey(stanzas);
                            } catch (UnsupportedRecipientStanzaException e) {
                                // Not for this one: perhaps for the next.
                                continue;
                            }
                        }
                        throw new UnsupportedRecipientStanzaException("sealed for others");
                    }));
            return Channels.newInputStream(channel);
        } catch (UnsupportedRecipientStanzaException e) {
            throw wrongIdentity(identity, what, e);
        } catch (GeneralSecurityException | PayloadException | RuntimeException e) {
            throw damaged(what, e);
        }
    }

    private static SealException wrongIdentity(@Nullable Identity identity, String what, Exception cause) {
        Problem problem = identity == null
                ? new Problem(SealException.WRONG_IDENTITY, what + " is sealed, and no identity was given",
                        "give the file with the private key of one of its recipients.")
                : new Problem(SealException.WRONG_IDENTITY,
                        what + " is not sealed for the identity of " + identity.recipients(),
                        "give the private key of one of its recipients; its manifest names them.");
        return new SealException(SealException.Kind.WRONG_IDENTITY, problem).causedBy(cause);
    }

    static SealException damaged(String what, Exception cause) {
        return new SealException(SealException.Kind.DAMAGED, new Problem("HF-2011",
                what + " is damaged, or ends too early",
                "'holdfast backup verify' tells what else is; restore from another backup, or from a copy of it."))
                .causedBy(cause);
    }

    /** Says of which object it is that something is wrong. */
    private static final class Checked extends FilterInputStream {
        private final String what;

        Checked(InputStream in, String what) {
            super(in);
            this.what = what;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (PayloadException | ZstdIOException e) {
                throw damaged(what, e);
            }
        }
    }

    /** A channel whose closing leaves the stream behind it open. */
    private static final class Unclosed implements WritableByteChannel {
        private final WritableByteChannel out;
        private boolean open = true;

        Unclosed(OutputStream out) {
            this.out = Channels.newChannel(out);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return out.write(bytes);
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() {
            open = false;
        }
    }
}
