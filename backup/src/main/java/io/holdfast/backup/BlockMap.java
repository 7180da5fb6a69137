package io.holdfast.backup;

import java.util.Map;
import java.util.TreeMap;

/**
 * The hashes of all pages that a backup stands for: what the next incremental one compares with. It says what is in the
 * pages to nobody; still it is sealed, since its key is in it.
 *
 * @param key the key of the hashes, drawn for the full backup of a chain and kept by those that follow
 * @param files the hashes of each relation's file, one for each whole page
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and there are millions of numbers.
public record BlockMap(long[] key, Map<String, long[]> files) {
    /** Takes a copy of the map; the hashes are shared. */
    public BlockMap {
        files = new TreeMap<>(files);
    }

    /** Whether a page is there as it was. */
    public boolean has(String path, long block, long hash) {
        long[] known = files.get(path);
        return known != null && block < known.length && known[(int) block] == hash;
    }
}
