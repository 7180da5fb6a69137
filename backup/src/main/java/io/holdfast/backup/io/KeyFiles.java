package io.holdfast.backup.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;

/** Files with keys: written once, private ones for their owner only, and never overwritten. */
public final class KeyFiles {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final FileAttribute<Set<PosixFilePermission>> FOR_ALL = PosixFilePermissions
            .asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

    private KeyFiles() {}

    /**
     * A pair of keys.
     *
     * @param identity the file with the private key: opens what is sealed
     * @param recipientFile the file with the public key
     * @param recipient the public key: seals
     */
    public record Pair(Path identity, Path recipientFile, Recipient recipient) {}

    /**
     * Makes {@code NAME.key} and {@code NAME.pub}, as {@code age-keygen} would; throws {@link HoldfastException} when it
     * cannot, and leaves nothing then.
     *
     * @param directory made when it is not there
     */
    public static Pair create(Path directory, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new Problem("HF-2024", "'" + name + "' cannot be the name of a key",
                    "write letters, digits, dots, hyphens and underscores.").toException();
        }
        Path key = directory.resolve(name + ".key");
        Path pub = directory.resolve(name + ".pub");
        if (Files.exists(pub)) {
            throw exists(pub);
        }
        try (Identity identity = Identity.generate()) {
            Recipient recipient = identity.recipients().getFirst();
            char[] text = identity.text();
            write(key, text, DurableFiles.OWN_FILE);
            Arrays.fill(text, '\0');
            try {
                write(pub, (recipient + "\n").toCharArray(), FOR_ALL);
            } catch (HoldfastException e) {
                remove(key);
                throw e;
            }
            return new Pair(key, pub, recipient);
        }
    }

    private static void remove(Path made) {
        try {
            Files.deleteIfExists(made);
        } catch (IOException e) {
            // A key that nobody has sealed for yet does no harm, and the first error is the one to tell.
            return;
        }
    }

    /** Writes a file that only its owner may read. */
    static void write(Path file, String text) {
        write(file, text.toCharArray(), DurableFiles.OWN_FILE);
    }

    private static void write(Path file, char[] text, FileAttribute<Set<PosixFilePermission>> mode) {
        Path directory = file.toAbsolutePath().normalize().resolveSibling("");
        byte[] ascii = new byte[text.length];
        for (int i = 0; i < text.length; i++) {
            ascii[i] = (byte) text[i];
        }
        ByteBuffer bytes = ByteBuffer.wrap(ascii);
        try {
            makeDirectories(directory);
            try (FileChannel channel = FileChannel.open(file,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            DurableFiles.sync(directory);
        } catch (FileAlreadyExistsException e) {
            throw exists(file);
        } catch (IOException e) {
            throw unwritable(file, e);
        } finally {
            Arrays.fill(ascii, (byte) 0);
        }
    }

    private static void makeDirectories(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw unwritable(directory, e);
        }
    }

    private static HoldfastException unwritable(Path path, IOException cause) {
        return new HoldfastException(new Problem("HF-2021", path + " cannot be written (" + cause + ")",
                "name a directory that you may write to."), cause);
    }

    private static HoldfastException exists(Path file) {
        return new Problem("HF-2020", file + " exists and is not overwritten",
                "whoever loses a private key loses all backups that are sealed for it alone; name another file.")
                .toException();
    }
}
