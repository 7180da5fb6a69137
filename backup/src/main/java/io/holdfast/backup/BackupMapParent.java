package io.holdfast.backup;

/**
 * What an incremental backup follows.
 *
 * @param id the parent
 * @param map its block map, opened
 */
public record BackupMapParent(BackupId id, BlockMap map) {}
