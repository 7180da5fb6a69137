package io.holdfast.backup.io;

import io.holdfast.backup.Manifest;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The data directory that a backup is restored into, with its tablespaces. */
final class RestoreDirectory {
    static final String CONTROL = "global/pg_control";
    /** What it is called until all else is there: without its name PostgreSQL does not start. */
    static final String CONTROL_ASIDE = CONTROL + ".restoring";
    private static final String TABLESPACES = "pg_tblspc";
    /** Those that PostgreSQL wants to find; backups leave their content out (manual, "Making a Base Backup"). */
    private static final List<String> ALWAYS = List.of("base", "global", "pg_commit_ts", "pg_dynshmem", "pg_logical",
            "pg_logical/mappings", "pg_logical/snapshots", "pg_multixact", "pg_multixact/members",
            "pg_multixact/offsets", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp",
            "pg_subtrans", TABLESPACES, "pg_twophase", "pg_wal", "pg_wal/archive_status", "pg_xact");

    private final RestoreOptions options;
    private final Path root;
    private final Map<String, Path> tablespaces = new HashMap<>();

    /** Throws HoldfastException when a tablespace is to go elsewhere that the backup does not have. */
    RestoreDirectory(RestoreOptions options, Manifest backup) {
        this.options = options;
        this.root = options.directory();
        Set<String> unknown = new TreeSet<>(options.tablespaces().keySet());
        for (Manifest.Tablespace tablespace : backup.tablespaces()) {
            unknown.remove(tablespace.name());
            tablespaces.put(tablespace.oid(), options.tablespaces()
                    .getOrDefault(tablespace.name(), Path.of(tablespace.location()))
                    .toAbsolutePath()
                    .normalize());
        }
        if (!unknown.isEmpty()) {
            throw refused("backup " + backup.id() + " has no tablespace " + String.join(", ", unknown),
                    "it has " + backup.tablespaces().stream().map(Manifest.Tablespace::name).toList() + ".");
        }
    }

    /** Where each tablespace goes, by its number. */
    Map<String, Path> tablespaces() {
        return tablespaces;
    }

    /** Sees that nothing is harmed; throws HoldfastException otherwise. */
    void check() throws IOException {
        Path pid = root.resolve("postmaster.pid");
        if (Files.exists(pid)) {
            String first = Files.readString(pid).lines().findFirst().orElse("").strip();
            if (first.matches("-?\\d{1,9}") && ProcessHandle.of(Math.abs(Long.parseLong(first))).isPresent()) {
                throw refused("a server runs on " + root + ", process " + first, "stop it, or name another directory.");
            }
        }
        if (!isEmpty(root)) {
            boolean copy = Files.exists(root.resolve("PG_VERSION")) || Files.exists(root.resolve(CONTROL_ASIDE))
                    || hasJustBegun();
            if (!options.over()) {
                throw refused(root + " is not empty",
                        "name an empty directory, or say that the old copy in it may be replaced.");
            }
            if (!copy) {
                throw refused(root + " is neither empty nor a data directory", "name another directory.");
            }
        }
        for (Path tablespace : tablespaces.values()) {
            if (tablespace.startsWith(root) || root.startsWith(tablespace)) {
                throw refused("the tablespace " + tablespace + " and the data directory lie in each other",
                        "put it elsewhere with --tablespace NAME=DIR.");
            }
            if (!options.over() && !isEmpty(tablespace)) {
                throw refused("the tablespace's directory " + tablespace + " is not empty",
                        "put it elsewhere with --tablespace NAME=DIR.");
            }
        }
        if (new HashSet<>(tablespaces.values()).size() < tablespaces.size()) {
            throw refused("two tablespaces would go into one directory", "give each its own.");
        }
    }

    /** A restore was killed between its first directory and its first file. */
    private boolean hasJustBegun() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.allMatch(root.resolve("global")::equals) && isEmpty(root.resolve("global"));
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return true;
        }
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isEmpty();
        }
    }

    /** From now on it is no data directory that could be started. */
    void begin() throws IOException {
        makeDirectory(root);
        Files.deleteIfExists(root.resolve(CONTROL));
        makeDirectory(root.resolve("global"));
        Files.write(root.resolve(CONTROL_ASIDE), new byte[0]);
    }

    /** Removes what is not of the backup. */
    void clean(Set<String> files) throws IOException {
        Set<Path> kept = new HashSet<>();
        files.forEach(file -> kept.add(locate(file)));
        kept.add(root.resolve(CONTROL_ASIDE));
        clean(root, kept);
        for (Map.Entry<String, Path> tablespace : tablespaces.entrySet()) {
            // Beside the directory of this version another version's may lie, which is not ours.
            String prefix = TABLESPACES + "/" + tablespace.getKey() + "/";
            Set<String> versions = new TreeSet<>();
            files.stream()
                    .filter(file -> file.startsWith(prefix))
                    .forEach(file -> versions.add(file.substring(prefix.length()).replaceFirst("/.*", "")));
            for (String version : versions) {
                clean(tablespace.getValue().resolve(version), kept);
            }
        }
    }

    private static void clean(Path directory, Set<Path> kept) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> children = Files.list(directory)) {
            for (Path child : children.toList()) {
                boolean link = Files.isSymbolicLink(child);
                // A pg_wal that lies elsewhere stays there; a tablespace is linked anew.
                if (Files.isDirectory(child) && (!link || child.endsWith("pg_wal"))) {
                    clean(child, kept);
                    if (!link && isEmpty(child)) {
                        Files.delete(child);
                    }
                } else if (!kept.contains(child)) {
                    Files.delete(child);
                }
            }
        }
    }

    /** Makes the directories and the links to the tablespaces; what is to be written over is not longer than it will be. */
    void prepare(Map<String, Long> files) throws IOException {
        for (String directory : ALWAYS) {
            makeDirectory(root.resolve(directory));
        }
        for (Map.Entry<String, Path> tablespace : tablespaces.entrySet()) {
            makeDirectory(tablespace.getValue());
            Path link = root.resolve(TABLESPACES).resolve(tablespace.getKey());
            if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
                Files.delete(link);
            }
            Files.createSymbolicLink(link, tablespace.getValue());
        }
        Set<Path> made = new HashSet<>();
        for (Map.Entry<String, Long> file : files.entrySet()) {
            Path path = locate(file.getKey());
            Path parent = Objects.requireNonNull(path.getParent());
            if (made.add(parent)) {
                makeDirectory(parent);
            }
            // All others are made by who writes them, while somebody else reads.
            if (file.getValue() == 0 || Files.exists(path)) {
                DataFile.make(path, file.getValue());
            }
        }
    }

    /** A directory of the archive, which may be empty. */
    void directory(String name) throws IOException {
        Manifest.Piece.whole(name, 0);
        if (!name.equals(".") && !tablespaces.containsKey(name.replaceFirst("^" + TABLESPACES + "/", ""))) {
            makeDirectory(locate(name));
        }
    }

    /** Where a file of the backup lies now. */
    Path locate(String file) {
        if (file.equals(CONTROL)) {
            return root.resolve(CONTROL_ASIDE);
        }
        if (file.startsWith(TABLESPACES + "/")) {
            int slash = file.indexOf('/', TABLESPACES.length() + 1);
            Path tablespace = slash < 0 ? null : tablespaces.get(file.substring(TABLESPACES.length() + 1, slash));
            if (tablespace != null) {
                return tablespace.resolve(file.substring(slash + 1));
            }
        }
        return root.resolve(file);
    }

    private static void makeDirectory(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private static HoldfastException refused(String fact, String hint) {
        return new Problem("HF-2089", fact, hint).toException();
    }
}
