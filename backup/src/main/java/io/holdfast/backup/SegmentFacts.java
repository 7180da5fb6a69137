package io.holdfast.backup;

import io.holdfast.statesync.Lsn;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was seen in a segment of WAL, as far as a recovery target asks for it.
 *
 * @param lastRecord where its last record begins; null when none begins in it
 * @param newestCommit the newest time at which a transaction of it ended; null when none did
 * @param met where the transaction or the restore point is that is asked for; null when it is not in it. Where a restore point
 *     was marked twice, the later one
 */
public record SegmentFacts(@Nullable Lsn lastRecord, @Nullable Instant newestCommit, @Nullable Lsn met) {}
