package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.BlockHash;
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
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Block maps as objects: the key, then each file's name and hashes. */
public final class BlockMaps {
    /** Their name in a backup, without the ending of the form. */
    public static final String NAME = "block-map";
    private static final long MAGIC = 0x484642_4d415031L;

    private BlockMaps() {}

    /** What was found of a map. */
    public sealed interface Found {
        /**
         * It was opened.
         *
         * @param map what it says, to be closed
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
     * @param scratch a directory in which its hashes take a thousandth of the database's room until it is closed
     */
    public static Found read(Repository repository, Layout layout, BackupId id, Form form,
            @Nullable Identity identity, Path scratch) {
        RepositoryPath path = layout.object(id, NAME, form);
        return switch (repository.get(path)) {
            case GetResult.Missing _ -> new Found.Missing();
            case GetResult.Failed failed -> new Found.Failed(failed.failure());
            case GetResult.Found found -> {
                try (InputStream plain = SealedStream.open(found.stream(), form, identity, path.value())) {
                    yield new Found.Open(parse(new DataInputStream(plain), scratch));
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

    private static BlockMap parse(DataInputStream in, Path scratch) throws IOException {
        if (in.readLong() != MAGIC) {
            throw new IOException("it begins otherwise");
        }
        BlockMap map = BlockMap.read(longs(in, BlockHash.KEY_LONGS), in, scratch);
        // To the end: only then the seal is proved whole.
        if (in.read() >= 0) {
            map.close();
            throw new IOException("there is more than it says");
        }
        return map;
    }

    /** The hashes of a file, one for each whole page, fetched when they are written. */
    @FunctionalInterface
    interface Hashes {
        /** All of them. */
        long[] fetch() throws IOException;
    }

    /**
     * A map, to be sealed.
     *
     * @param key {@link BlockHash}'s
     * @param files the hashes of each relation's file
     */
    static Content content(long[] key, SortedMap<String, Hashes> files) {
        return stream -> {
            DataOutputStream out = new DataOutputStream(stream);
            out.writeLong(MAGIC);
            write(out, key);
            out.writeInt(files.size());
            for (Map.Entry<String, Hashes> file : files.entrySet()) {
                long[] hashes = file.getValue().fetch();
                out.writeUTF(file.getKey());
                out.writeInt(hashes.length);
                write(out, hashes);
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
