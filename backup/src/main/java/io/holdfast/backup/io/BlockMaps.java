package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BlockHash;
import io.holdfast.backup.BlockMap;
import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.config.Problem;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Block maps as objects: the key, then each file's name and hashes. */
public final class BlockMaps {
    /** Their name in a backup, without the ending of the form. */
    public static final String NAME = "block-map";
    private static final long MAGIC = 0x484642_4d415031L;
    /** More pages than a file of the greatest segments has. */
    private static final int MOST_PAGES = 1 << 24;

    private BlockMaps() {}

    /** What was found of a map. */
    public sealed interface Found {
        /**
         * It was opened.
         *
         * @param map what it says
         */
        record Open(BlockMap map) implements Found {}

        /** There is none. */
        record Missing() implements Found {}

        /**
         * It is there, and cannot be opened: another identity is needed, or it is damaged.
         *
         * @param problem why
         */
        record Sealed(Problem problem) implements Found {}

        /**
         * The repository failed.
         *
         * @param failure why
         */
        record Failed(RepositoryFailure failure) implements Found {}
    }

    /** A new key. */
    static long[] key() {
        return new SecureRandom().longs(BlockHash.KEY_LONGS).toArray();
    }

    /**
     * Reads the map of a backup.
     *
     * @param identity opens it; null when there is none here
     */
    public static Found read(Repository repository, Layout layout, BackupId id, Form form,
            @Nullable Identity identity) {
        RepositoryPath path = layout.object(id, NAME, form);
        return switch (repository.get(path)) {
            case GetResult.Missing _ -> new Found.Missing();
            case GetResult.Failed failed -> new Found.Failed(failed.failure());
            case GetResult.Found found -> {
                try (InputStream plain = SealedStream.open(found.stream(), form, identity, path.value())) {
                    yield new Found.Open(parse(new DataInputStream(plain), path.value()));
                } catch (RepositoryException e) {
                    yield new Found.Failed(e.failure());
                } catch (SealException e) {
                    yield new Found.Sealed(e.problem());
                } catch (IOException e) {
                    yield new Found.Sealed(unreadable(path.value(), String.valueOf(e.getMessage())));
                }
            }
        };
    }

    private static Problem unreadable(String path, String reason) {
        return new Problem("HF-2066", path + " is not a block map (" + reason + ")",
                "the next backup is a full one; 'holdfast backup verify' tells whether it was damaged.");
    }

    private static BlockMap parse(DataInputStream in, String path) throws IOException {
        if (in.readLong() != MAGIC) {
            throw new IOException("it begins otherwise");
        }
        long[] key = longs(in, BlockHash.KEY_LONGS);
        int count = in.readInt();
        Map<String, long[]> files = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            int pages = in.readInt();
            if (pages < 0 || pages > MOST_PAGES) {
                throw new IOException(path + " says that " + name + " has " + pages + " pages");
            }
            files.put(name, longs(in, pages));
        }
        // To the end: only then the seal is proved whole.
        if (in.read() >= 0) {
            throw new IOException("there is more than it says");
        }
        return new BlockMap(key, files);
    }

    /** The map, to be sealed. */
    static Content content(BlockMap map) {
        return stream -> {
            DataOutputStream out = new DataOutputStream(stream);
            out.writeLong(MAGIC);
            write(out, map.key());
            out.writeInt(map.files().size());
            for (Map.Entry<String, long[]> file : map.files().entrySet()) {
                out.writeUTF(file.getKey());
                out.writeInt(file.getValue().length);
                write(out, file.getValue());
            }
            out.flush();
        };
    }

    private static long[] longs(DataInputStream in, int count) throws IOException {
        byte[] bytes = new byte[count * Long.BYTES];
        in.readFully(bytes);
        long[] numbers = new long[count];
        ByteBuffer.wrap(bytes).asLongBuffer().get(numbers);
        return numbers;
    }

    private static void write(DataOutputStream out, long[] numbers) throws IOException {
        byte[] bytes = new byte[numbers.length * Long.BYTES];
        ByteBuffer.wrap(bytes).asLongBuffer().put(numbers);
        out.write(bytes);
    }
}
