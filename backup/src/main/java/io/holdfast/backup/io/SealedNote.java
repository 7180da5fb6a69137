package io.holdfast.backup.io;

import com.exceptionfactory.jagged.PayloadException;
import io.holdfast.config.Encryption;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

/** A few words that only who has a private key of the backups can read: a file of age, which {@code age -d -i KEY} opens too. */
public final class SealedNote {
    private SealedNote() {}

    /** Seals a text. */
    public static byte[] seal(String text, Encryption.To encryption) {
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        try (WritableByteChannel age = SealedStream.age(sealed, encryption.recipients())) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                age.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written to", e);
        }
        return sealed.toByteArray();
    }

    /**
     * Opens one; throws {@link SealException} when it is not sealed for the identity, or damaged.
     *
     * @param what it is, for people
     */
    public static String open(byte[] sealed, Identity identity, String what) throws IOException {
        try (InputStream text = SealedStream.decrypted(new ByteArrayInputStream(sealed), identity, what)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (PayloadException e) {
            throw SealedStream.damaged(what, e);
        }
    }
}
