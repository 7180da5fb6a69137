package io.holdfast.backup.io;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The hashes of all pages that a backup stands for: what the next incremental one compares with, and a restore over an old
 * copy. It says what is in the pages to nobody; still it is sealed, since its key is in it. Opened, the hashes lie in a file
 * without a name, for there are millions of them; the key, without which they are worth nothing, is in memory alone.
 */
public final class BlockMap implements AutoCloseable {
    /** More pages than a file of the greatest segments has. */
    private static final int MOST_PAGES = 1 << 24;
    private static final Set<StandardOpenOption> SCRATCH = Set.of(StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);

    private final long[] key;
    private final FileChannel hashes;
    private final Map<String, Place> files = new HashMap<>();

    /** Where the hashes of a relation's file are, one for each whole page. */
    private record Place(long offset, int pages) {}

    private BlockMap(long[] key, FileChannel hashes) {
        this.key = key.clone();
        this.hashes = hashes;
    }

    /**
     * Reads its content to the end, after the key.
     *
     * @param scratch a directory for the hashes; made when it is not there
     */
    static BlockMap read(long[] key, DataInputStream in, Path scratch) throws IOException {
        Files.createDirectories(scratch);
        BlockMap map = new BlockMap(key,
                FileChannel.open(scratch.resolve("block-map-" + UUID.randomUUID()), SCRATCH, DurableFiles.OWN_FILE));
        try {
            int count = in.readInt();
            long offset = 0;
            for (int i = 0; i < count; i++) {
                String name = in.readUTF();
                int pages = in.readInt();
                if (pages < 0 || pages > MOST_PAGES) {
                    throw new IOException("it says that " + name + " has " + pages + " pages");
                }
                map.files.put(name, new Place(offset, pages));
                offset = map.copy(in, (long) pages * Long.BYTES, offset);
            }
            return map;
        } catch (IOException e) {
            map.close();
            throw e;
        }
    }

    private long copy(DataInputStream in, long bytes, long offset) throws IOException {
        long end = offset + bytes;
        long at = offset;
        while (at < end) {
            byte[] some = in.readNBytes((int) Math.min(end - at, BulkOutput.BUFFER));
            if (some.length == 0) {
                throw new IOException("it ends early");
            }
            ByteBuffer rest = ByteBuffer.wrap(some);
            while (rest.hasRemaining()) {
                at += hashes.write(rest, at);
            }
        }
        return end;
    }

    /** The key of the hashes, drawn for the full backup of a chain and kept by those that follow. */
    long[] key() {
        return key.clone();
    }

    /** Whether a file is in it. */
    boolean contains(String path) {
        return files.containsKey(path);
    }

    /** How many whole pages a file has; 0 of one that is not in it. */
    int pages(String path) {
        return files.getOrDefault(path, new Place(0, 0)).pages();
    }

    /** The hashes of some pages of a file; fewer where it has fewer. */
    long[] hashes(String path, long first, int count) throws IOException {
        Place place = files.getOrDefault(path, new Place(0, 0));
        long[] some = new long[Math.clamp(place.pages() - first, 0, count)];
        ByteBuffer bytes = ByteBuffer.allocate(some.length * Long.BYTES);
        while (bytes.hasRemaining()) {
            if (hashes.read(bytes, place.offset() + first * Long.BYTES + bytes.position()) < 0) {
                throw new IOException("the scratch file of the block map was cut");
            }
        }
        bytes.flip().asLongBuffer().get(some);
        return some;
    }

    @Override
    public void close() throws IOException {
        Arrays.fill(key, 0);
        hashes.close();
    }
}
