package io.holdfast.backup.io;

import io.holdfast.backup.BackupId;

/**
 * What an incremental backup follows.
 *
 * @param id the parent
 * @param map its block map, which who opened it closes
 */
public record BackupMapParent(BackupId id, BlockMap map) {}
