package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.statesync.Incarnation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The data directory and the record of it: {@code postgres.json} in the state directory, and a marker inside the data directory
 * that must agree. What was begun is recorded before it begins, so that an interruption is seen.
 */
final class DataDirectory {
    /** The record's name in the state directory. */
    static final String RECORD = "postgres.json";
    static final String MARKER = "holdfast.incarnation";
    /** What a running server makes again after its files were deleted (the manual's "Database File Layout"). */
    private static final Set<String> MADE_BY_SERVER = Set.of("base", "global", "pg_commit_ts", "pg_dynshmem",
            "pg_logical",
            "pg_multixact", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat", "pg_stat_tmp",
            "pg_subtrans", "pg_tblspc", "pg_twophase", "pg_wal", "pg_xact", "postmaster.opts", "postmaster.pid");

    private final PostgresOptions options;
    private final DurableFiles files;
    private @Nullable String binariesVersion;

    DataDirectory(PostgresOptions options, DurableFiles files) {
        this.options = options;
        this.files = files;
    }

    /** What was found. */
    sealed interface Finding {
        /** Nothing, an empty directory, or what a server left that had its files deleted under it. */
        record None() implements Finding {}

        /**
         * What an interrupted initdb, clone or rewind left.
         *
         * @param identity the record of it
         */
        record Interrupted(Identity identity) implements Finding {}

        /**
         * Something that is not touched.
         *
         * @param why an HF message
         */
        record NotOurs(String why) implements Finding {}

        /**
         * A database of this agent's.
         *
         * @param identity the record of it
         */
        record Usable(Identity identity) implements Finding {}
    }

    /** Looks. */
    Finding look(Commands commands) throws IOException {
        Path data = options.data();
        Identity identity = identityOrNull();
        if (identity != null && identity.pending() != Pending.NONE) {
            return new Finding.Interrupted(identity);
        }
        boolean marked = Files.exists(data.resolve(MARKER));
        // Looked at in every turn: what has a marker is not empty, and needs no listing.
        if (!marked && isVacant()) {
            return new Finding.None();
        }
        if (identity != null && isDeletedUnderServer(data)) {
            return new Finding.None();
        }
        if (identity == null || !marked) {
            return notOurs("HF-3013", "the data directory " + data + " was not made by this agent",
                    "Point postgresql.data at an empty directory, or move this one away.");
        }
        String marker = Files.readString(data.resolve(MARKER), StandardCharsets.UTF_8).strip();
        if (!marker.equals(identity.incarnation().id())) {
            return notOurs("HF-3014",
                    "the data directory " + data + " is of incarnation " + marker + ", the agent's record is of "
                            + identity.incarnation(),
                    "It was exchanged by hand: put the old one back, or move it away.");
        }
        String owner = Files.getOwner(data).getName();
        String user = options.runAs() == null ? System.getProperty("user.name") : options.runAs();
        if (!owner.equals(user)) {
            return notOurs("HF-3015",
                    "the data directory " + data + " belongs to " + owner + ", PostgreSQL runs as " + user,
                    "Run the agent as " + owner + ", or change the owner.");
        }
        String version = Files.readString(data.resolve("PG_VERSION"), StandardCharsets.UTF_8).strip();
        if (!version.equals(binariesVersion(commands))) {
            return notOurs("HF-3016",
                    "the data directory " + data + " is of PostgreSQL " + version + ", the programs in "
                            + options.bin() + " are of " + binariesVersion(commands),
                    "Point postgresql.bin at the programs of version " + version + ".");
        }
        return new Finding.Usable(identity);
    }

    /** No database can be made of it by anybody, and there is nothing in it that PostgreSQL did not make. */
    private static boolean isDeletedUnderServer(Path data) throws IOException {
        for (String vital : List.of(MARKER, "PG_VERSION", "global/pg_control", "postgresql.conf")) {
            if (Files.exists(data.resolve(vital), LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(data)) {
            for (Path entry : found) {
                if (!MADE_BY_SERVER.contains(entry.getFileName().toString())) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Says that the system identifier is not the recorded one. */
    static String otherSystem(String found, String recorded) {
        return new Problem("HF-3017",
                "the data directory has system identifier " + found + ", the agent's record says " + recorded,
                "It is another cluster's: put the right one back, or move it away.").message();
    }

    /** True when there is nothing in the place of the data directory. */
    boolean isVacant() throws IOException {
        return !Files.exists(options.data(), LinkOption.NOFOLLOW_LINKS) || isEmpty(options.data());
    }

    /** What an interrupted effect left, in words. */
    static LocalPostgres.Broken broken(Identity identity) {
        return new LocalPostgres.Broken(switch (identity.pending()) {
            case INITDB -> "an initdb was interrupted";
            case CLONE -> "a clone was interrupted";
            case REWIND -> "a rewind was interrupted, or failed";
            case RESTORE -> "a restore was interrupted, or failed";
            case ADOPTION -> "a restored directory was about to be taken";
            case NONE -> "nothing was interrupted";
        });
    }

    /** The record; null when there is none. */
    @Nullable
    Identity identityOrNull() throws IOException {
        return read(record());
    }

    static @Nullable Identity read(Path record) throws IOException {
        if (!Files.exists(record)) {
            return null;
        }
        String text = Files.readString(record, StandardCharsets.UTF_8);
        try {
            return Identity.parse(text);
        } catch (RuntimeException e) {
            throw new Problem("HF-3018", record + " cannot be read: " + e.getMessage(),
                    "Move it and the data directory away; the member is then cloned again.").toException();
        }
    }

    /** The record of a directory that is there. */
    Identity identity() throws IOException {
        Identity identity = identityOrNull();
        if (identity == null) {
            throw new Problem("HF-3019", "there is no record of the data directory " + options.data(),
                    "Nothing was made by this agent yet.").toException();
        }
        return identity;
    }

    void write(Identity identity) throws IOException {
        files.write(record(), identity.toJson());
    }

    void writeMarker(Incarnation incarnation) throws IOException {
        files.write(options.data().resolve(MARKER), incarnation.id() + "\n");
    }

    void makeStandby(boolean standby) throws IOException {
        Path signal = options.data().resolve("standby.signal");
        if (standby) {
            if (!Files.exists(signal)) {
                files.write(signal, "");
            }
        } else {
            files.delete(signal);
        }
    }

    /** The major version in the form of {@code PG_VERSION}. */
    String binariesVersion(Commands commands) {
        String known = binariesVersion;
        if (known == null) {
            Commands.Outcome outcome = commands.run(java.time.Duration.ofSeconds(10), "postgres", List.of("--version"));
            String[] words = outcome.tail().split(" ", -1);
            known = words.length < 3 ? "unknown" : words[2].replaceFirst("\\..*|[a-z].*", "");
            binariesVersion = known;
        }
        return known;
    }

    // ---- making room, and clearing up

    /** Where the tablespaces of a clone lie. */
    Path tablespaces(Incarnation incarnation) {
        return sibling(".tablespaces").resolve(incarnation.id());
    }

    /**
     * Empties the place of the data directory. What could be of use yet is moved aside where there is room for a copy beside it.
     *
     * @param keep whether it could be
     */
    void makeRoom(boolean keep) throws IOException {
        Path data = options.data();
        if (!Files.exists(data) || isEmpty(data)) {
            return;
        }
        if (keep && data.toFile().getUsableSpace() > DurableFiles.sizeOf(data) / 10 * 11) {
            Path marker = data.resolve(MARKER);
            String name = Files.exists(marker) ? Files.readString(marker, StandardCharsets.UTF_8).strip() : "unknown";
            Path aside = sibling(".old-" + name);
            DurableFiles.deleteTree(aside, true);
            try {
                files.move(data, aside);
                return;
            } catch (FileSystemException e) {
                // A mount point cannot be renamed; then there is no aside.
            }
        }
        DurableFiles.deleteTree(data, false);
    }

    /** Deletes what was kept aside, once a clone has streamed. */
    List<Path> deleteOld() throws IOException {
        List<Path> deleted = new ArrayList<>();
        Identity identity = identity();
        for (Path old : old(identity.incarnation())) {
            DurableFiles.deleteTree(old, true);
            deleted.add(old);
        }
        return deleted;
    }

    private List<Path> old(Incarnation current) throws IOException {
        List<Path> found = new ArrayList<>();
        Path parent = options.data().getParent();
        String prefix = options.data().getFileName() + ".old-";
        if (parent != null) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(parent,
                    p -> p.getFileName().toString().startsWith(prefix))) {
                all.forEach(found::add);
            }
        }
        Path spaces = sibling(".tablespaces");
        if (Files.isDirectory(spaces)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(spaces,
                    p -> !p.getFileName().toString().equals(current.id()) && !isLinked(p))) {
                all.forEach(found::add);
            }
        }
        return found;
    }

    /** A rewind gives the directory a new incarnation and leaves its tablespaces where they are. */
    private boolean isLinked(Path space) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(options.data().resolve("pg_tblspc"))) {
            for (Path link : links) {
                if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).startsWith(space)) {
                    return true;
                }
            }
        }
        return false;
    }

    private Path sibling(String suffix) {
        return options.data().resolveSibling(options.data().getFileName() + suffix);
    }

    private Path record() {
        return options.state().resolve(RECORD);
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            for (Path entry : found) {
                // What a fresh file system has is no database.
                if (!entry.getFileName().toString().equals("lost+found")) {
                    return false;
                }
            }
        }
        return true;
    }

    private static Finding.NotOurs notOurs(String code, String fact, String hint) {
        return new Finding.NotOurs(new Problem(code, fact, hint).message());
    }
}
