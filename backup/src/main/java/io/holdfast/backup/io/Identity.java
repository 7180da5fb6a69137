package io.holdfast.backup.io;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.x25519.X25519KeyFactory;
import com.exceptionfactory.jagged.x25519.X25519KeyPairGenerator;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import java.io.IOException;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;

/**
 * Private keys that open what was sealed for their recipients, as age keeps them: one a line, {@code AGE-SECRET-KEY-1…}, with
 * comments. They are in memory only, and are wiped when this is closed; what the cipher copies of them is left to the garbage.
 */
public final class Identity implements AutoCloseable {
    private static final String PREFIX = "AGE-SECRET-KEY-1";

    private final List<char[]> keys;
    private final List<Recipient> recipients;

    private Identity(List<char[]> keys, List<Recipient> recipients) {
        this.keys = keys;
        this.recipients = List.copyOf(recipients);
    }

    /** A new one. */
    public static Identity generate() {
        try {
            byte[] encoded = new X25519KeyPairGenerator().generateKeyPair().getPrivate().getEncoded();
            char[] text = characters(encoded);
            Arrays.fill(encoded, (byte) 0);
            return new Identity(List.of(text), List.of(recipientOf(text)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Those of a file; throws {@link HoldfastException} when there is none. */
    public static Identity read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-2015", "the identity " + file + " cannot be read (" + e + ")",
                    "name a file with a private key that begins with " + PREFIX + ", readable for this user."), e);
        }
        char[] text = characters(bytes);
        Arrays.fill(bytes, (byte) 0);
        return parse(text, file.toString());
    }

    /**
     * Those of a text, which is wiped; throws {@link HoldfastException} when there is none.
     *
     * @param where the text comes from, for people
     */
    public static Identity parse(char[] text, String where) {
        List<char[]> keys = new ArrayList<>();
        List<Recipient> recipients = new ArrayList<>();
        try {
            for (int start = 0; start < text.length;) {
                int end = start;
                while (end < text.length && text[end] != '\n') {
                    end++;
                }
                CharBuffer line = trimmed(text, start, end);
                if (line.hasRemaining() && line.charAt(0) != '#') {
                    char[] key = new char[line.remaining()];
                    line.get(key);
                    keys.add(key);
                    recipients.add(recipientOf(key));
                }
                start = end + 1;
            }
            if (!keys.isEmpty()) {
                return new Identity(keys, recipients);
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // The reason may quote the key: it goes no further.
            keys.forEach(key -> Arrays.fill(key, '\0'));
        } finally {
            Arrays.fill(text, '\0');
        }
        throw new Problem("HF-2016", where + " holds no identity, or a line of it is none",
                "an identity is a line that begins with " + PREFIX + "; 'holdfast keys new' and 'age-keygen' make one.")
                .toException();
    }

    private static CharBuffer trimmed(char[] text, int start, int end) {
        int from = start;
        int to = end;
        while (from < to && Character.isWhitespace(text[from])) {
            from++;
        }
        while (to > from && Character.isWhitespace(text[to - 1])) {
            to--;
        }
        return CharBuffer.wrap(text, from, to - from);
    }

    private static char[] characters(byte[] ascii) {
        char[] text = new char[ascii.length];
        for (int i = 0; i < ascii.length; i++) {
            text[i] = (char) (ascii[i] & 0xff);
        }
        return text;
    }

    private static Recipient recipientOf(char[] key) throws GeneralSecurityException {
        byte[] encoded = new byte[key.length];
        for (int i = 0; i < key.length; i++) {
            encoded[i] = (byte) key[i];
        }
        try {
            byte[] recipient = new X25519KeyFactory().translateKey(new SecretKeySpec(encoded, "X25519")).getEncoded();
            return new Recipient(new String(recipient, StandardCharsets.US_ASCII));
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    /** The public keys, in the order of the private ones. */
    public List<Recipient> recipients() {
        return recipients;
    }

    /**
     * Those for whom something is to be sealed, and this beside them: its first key alone. The keys behind it are older ones, which
     * open what was sealed in their time and nothing since.
     */
    public Encryption beside(Encryption encryption) {
        if (!(encryption instanceof Encryption.To to)) {
            return encryption;
        }
        Set<Recipient> all = new LinkedHashSet<>(to.recipients());
        all.add(recipients.getFirst());
        return new Encryption.To(List.copyOf(all));
    }

    /** As age keeps it: a comment with the public key and the private key, for each. To be wiped by who asked. */
    public char[] text() {
        int length = 0;
        for (int i = 0; i < keys.size(); i++) {
            length += comment(i).length() + keys.get(i).length + 1;
        }
        CharBuffer text = CharBuffer.allocate(length);
        for (int i = 0; i < keys.size(); i++) {
            text.put(comment(i)).put(keys.get(i)).put('\n');
        }
        return text.array();
    }

    private String comment(int index) {
        return "# public key: " + recipients.get(index) + "\n";
    }

    List<RecipientStanzaReader> readers() {
        List<RecipientStanzaReader> readers = new ArrayList<>();
        for (char[] key : keys) {
            try {
                readers.add(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(CharBuffer.wrap(key)));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
        return readers;
    }

    @Override
    public void close() {
        keys.forEach(key -> Arrays.fill(key, '\0'));
    }

    @Override
    public String toString() {
        return "Identity" + recipients;
    }
}
