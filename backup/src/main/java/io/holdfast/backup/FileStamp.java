package io.holdfast.backup;

/**
 * What the file system changes whenever a file is written: the same stamp twice means the same bytes, when the first one was
 * old enough at the time (see {@link KeptShards}).
 *
 * @param modifiedNanos when its bytes were last changed, since 1970
 * @param changedNanos when anything of it was last changed, since 1970; nobody can set it back
 * @param inode which file it is, under whatever name
 */
public record FileStamp(long modifiedNanos, long changedNanos, long inode) {}
