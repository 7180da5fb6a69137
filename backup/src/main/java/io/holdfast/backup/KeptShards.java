package io.holdfast.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Which shards of an attempt that was broken off may be kept. A shard may when each of its files is the same by length,
 * inode and both times, and no file was written in the last two seconds before its shard was begun. For then whatever was
 * written after that has given the file another time: file systems keep times to 10 ms or better, and 2 s on those that we
 * do not know. The next attempt's checkpoint has written all that is older than its start before the files are looked at
 * again, and what is younger is in its WAL: so a kept file is as good as one that is read now.
 */
public final class KeptShards {
    /** How old a file's times must be before its shard is begun. */
    public static final Duration SETTLED = Duration.ofSeconds(2);

    private KeptShards() {}

    /**
     * Whether a shard may be kept.
     *
     * @param pieces what was read for it
     * @param begunAt when its first file was opened
     * @param now the files as they are, by path
     */
    public static boolean isKept(List<BackupPlan.Piece> pieces, Instant begunAt, Map<String, SourceFile> now) {
        long settled = (begunAt.getEpochSecond() - SETTLED.toSeconds()) * 1_000_000_000L + begunAt.getNano();
        return pieces.stream()
                .map(BackupPlan.Piece::file)
                .allMatch(file -> file.equals(now.get(file.path())) && file.stamp().modifiedNanos() < settled
                        && file.stamp().changedNanos() < settled);
    }
}
