package io.holdfast.backup;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * What of a data directory does not belong to a backup (manual, "Backing Up The Data Directory"): what the server makes anew
 * when it starts, what belongs to the running server only, and what a restore writes itself.
 */
public final class BackupScope {
    /** Directories that are kept, empty. */
    private static final Set<String> EMPTY = Set.of("pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial",
            "pg_snapshots", "pg_stat_tmp", "pg_subtrans");
    /** Files of the data directory itself: of the process, of another backup, and those that say how to start. */
    private static final Set<String> FILES = Set.of("postmaster.pid", "postmaster.opts", "backup_label",
            "backup_label.old", "tablespace_map", "tablespace_map.old", "backup_manifest", "postgresql.auto.conf.tmp",
            "current_logfiles.tmp", "standby.signal", "recovery.signal");
    /** Holdfast's marks in a data directory, such as {@code holdfast.incarnation}: they tell one copy from another. */
    private static final String OWN = "holdfast.";
    private static final Pattern TEMPORARY = Pattern.compile("t[0-9]+_[0-9]+(_(fsm|vm|init))?(\\.[0-9]+)?");

    private BackupScope() {}

    /** Whether what is in a directory belongs to the backup; the directory itself does. */
    public static boolean hasContents(String directory) {
        return !EMPTY.contains(directory);
    }

    /** Whether a directory belongs to the backup. */
    public static boolean hasDirectory(String path) {
        return !name(path).startsWith("pgsql_tmp");
    }

    /**
     * Whether a file belongs to the backup.
     *
     * @param unlogged the numbers of the unlogged relations of its directory: those that have an init fork
     */
    public static boolean hasFile(String path, Set<String> unlogged) {
        String name = name(path);
        boolean top = path.indexOf('/') < 0;
        if (top && (FILES.contains(name) || name.startsWith(OWN)) || name.startsWith("pgsql_tmp")
                || name.startsWith("pg_internal.init")) {
            return false;
        }
        if (!path.startsWith("base/") && !path.startsWith("pg_tblspc/")) {
            return true;
        }
        return !TEMPORARY.matcher(name).matches() && RelationFile.read(path)
                .filter(file -> !file.fork().equals("init") && unlogged.contains(file.filenode()))
                .isEmpty();
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
