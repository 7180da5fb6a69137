package io.holdfast.backup.io;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.backup.KeptShards;
import io.holdfast.backup.ShardSizes;
import io.holdfast.backup.SourceFile;
import io.holdfast.backup.SourceTree;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt writes down for the next one, in a directory of this node: what it is, and a record for each shard that is
 * stored, after it is stored. A shard without a record counts as not stored. Losing all this loses nothing but time. One process at
 * a time has it: two that go on with the same attempt would exchange each other's objects.
 */
final class InProgress implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder()
            .visibility(PropertyAccessor.GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.FIELD, Visibility.ANY)
            .build();
    private static final String RUN = "run.json";
    private static final String NAME = "shard-%06d.%s";

    private final Path folder;
    private final FileChannel lock;

    private InProgress(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Of a directory of work; throws HoldfastException when another process makes a backup with it. */
    static InProgress open(Path work) {
        Path folder = work.resolve("in-progress");
        try {
            Files.createDirectories(work);
            FileChannel lock = FileChannel.open(work.resolve("lock"),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), DurableFiles.OWN_FILE);
            if (DurableFiles.isLocked(lock)) {
                return new InProgress(folder, lock);
            }
            lock.close();
        } catch (IOException e) {
            throw unusable(folder, e);
        }
        throw new Problem("HF-2070", "another process makes a backup with " + work,
                "let it come to its end; one that is of no use any more must be ended before.").toException();
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // It is gone with the process at the latest.
            return;
        }
    }

    /**
     * What an attempt is; the next one goes on only when it is the same but for its name and key.
     *
     * @param id its name
     * @param where the folder of the cluster's backups, and the repository
     * @param parent what it follows; null for a full one
     * @param encryption whom it is sealed for
     * @param sizes how it is cut
     * @param key of its block map
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
    record Run(String id, String where, @Nullable String parent, String encryption, ShardSizes sizes, long[] key) {
        static String text(Encryption encryption) {
            return encryption instanceof Encryption.To to ? to.recipients().toString() : "none";
        }

        boolean continues(Run other) {
            return where.equals(other.where) && encryption.equals(other.encryption) && sizes.equals(other.sizes)
                    && String.valueOf(parent).equals(String.valueOf(other.parent));
        }
    }

    /**
     * A shard that is stored.
     *
     * @param number its number
     * @param name the object's name
     * @param sizeBytes how large it is as it is stored
     * @param sha256 of its bytes as they are stored
     * @param plainBytes what it holds
     * @param read what was read for it
     */
    record Shard(int number, String name, long sizeBytes, String sha256, long plainBytes, ShardRead read) {}

    /** What the last attempt was, if it was not completed; what cannot be read is none. */
    Optional<Run> run() {
        return read(folder.resolve(RUN), Run.class);
    }

    /** The shards that may be kept; the records of the others are removed. */
    List<Shard> kept(SourceTree tree) {
        Map<String, SourceFile> now = tree.files()
                .stream()
                .collect(Collectors.toMap(SourceFile::path, Function.identity()));
        List<Shard> kept = new ArrayList<>();
        try (DirectoryStream<Path> records = Files.newDirectoryStream(folder, "shard-*.json")) {
            for (Path path : records) {
                Optional<Shard> shard = read(path, Shard.class)
                        .filter(found -> isKept(found, now) && hasHashes(found, hashesOf(path)));
                if (shard.isPresent()) {
                    kept.add(shard.get());
                } else {
                    Files.delete(path);
                    Files.deleteIfExists(hashesOf(path));
                }
            }
            return kept;
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static boolean isKept(Shard shard, Map<String, SourceFile> now) {
        return !shard.read().pieces().isEmpty() && KeptShards.isKept(
                shard.read().pieces().stream().map(ShardRead.PieceRead::piece).toList(),
                Instant.ofEpochMilli(shard.read().begunAtMillis()), now);
    }

    private static Path hashesOf(Path record) {
        return record.resolveSibling(String.valueOf(record.getFileName()).replace(".json", ".hashes"));
    }

    private static boolean hasHashes(Shard shard, Path file) {
        try {
            return Files.size(file) == (long) Long.BYTES
                    * shard.read().pieces().stream().mapToLong(ShardRead.PieceRead::hashes).sum();
        } catch (IOException e) {
            // Without them it is as if it had not been.
            return false;
        }
    }

    /** Begins anew. */
    void begin(Run run) {
        clear();
        write(RUN, json(run));
    }

    /**
     * Writes down that a shard is stored.
     *
     * @param hashes of the pages of its pieces, in their order
     */
    void stored(Shard shard, LongBuffer hashes) {
        ByteBuffer bytes = ByteBuffer.allocate(hashes.remaining() * Long.BYTES);
        bytes.asLongBuffer().put(hashes);
        write(NAME.formatted(shard.number(), "hashes"), bytes);
        write(NAME.formatted(shard.number(), "json"), json(shard));
    }

    /** Some hashes of a shard that is stored. */
    long[] hashes(int number, long from, int count) {
        Path file = folder.resolve(NAME.formatted(number, "hashes"));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(count * Long.BYTES);
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, from * Long.BYTES + bytes.position()) < 0) {
                    throw new IOException(file + " was cut");
                }
            }
            long[] hashes = new long[count];
            bytes.flip().asLongBuffer().get(hashes);
            return hashes;
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    /** Forgets all: the backup is complete, or begins anew. */
    void clear() {
        try {
            Files.createDirectories(folder);
            Files.deleteIfExists(folder.resolve(RUN));
            try (DirectoryStream<Path> records = Files.newDirectoryStream(folder)) {
                for (Path record : records) {
                    Files.delete(record);
                }
            }
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static <T> Optional<T> read(Path file, Class<T> type) {
        try {
            return Optional.of(JSON.readValue(file.toFile(), type));
        } catch (IOException e) {
            // Not there, cut off, or another release's: it is as if it had not been.
            return Optional.empty();
        }
    }

    private static ByteBuffer json(Object value) {
        try {
            return ByteBuffer.wrap(JSON.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private void write(String name, ByteBuffer bytes) {
        Path aside = folder.resolve(name + ".new");
        try (FileChannel channel = FileChannel.open(aside,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE),
                DurableFiles.OWN_FILE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
            Files.move(aside, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            DurableFiles.sync(folder);
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static HoldfastException unusable(Path folder, IOException error) {
        String reason = error instanceof NoSuchFileException ? "no such file: " + error.getMessage() : error.toString();
        return new HoldfastException(new Problem("HF-2067", "the backup cannot write down how far it is in " + folder
                + " (" + reason + ")", "it must belong to the user that runs the agent, and its disk must have room."),
                error);
    }
}
