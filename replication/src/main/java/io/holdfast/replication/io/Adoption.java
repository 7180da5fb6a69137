package io.holdfast.replication.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes a directory that was restored from a backup as the first primary's. Until it is moved nothing of it is changed; from then on
 * it is gone on with, whatever interrupts this, and nothing deletes it: it may be the only copy.
 */
final class Adoption {
    /** What {@link LocalPostgres.Restored} says who wanted it. */
    private static final String REQUEST = "bootstrap";
    private static final Duration ROLES = Duration.ofHours(1);
    /** Of a restore that has not ended, or of a standby. */
    private static final List<String> UNFINISHED = List.of("global/pg_control.restoring", "backup_label",
            "recovery.signal", "standby.signal");

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final DataDirectory directory;
    private final Configuration configuration;
    private final Progress progress;

    Adoption(PostgresOptions options, Commands commands, DurableFiles files, DataDirectory directory,
            Configuration configuration, Progress progress) {
        this.options = options;
        this.commands = commands;
        this.files = files;
        this.directory = directory;
        this.configuration = configuration;
        this.progress = progress;
    }

    /** Takes one from where it is; in the data directory's place is nothing that anybody wants. */
    Effect take(Path from, Incarnation incarnation) throws IOException {
        progress.step("look at " + from);
        ControlFile control = check(from);
        directory.makeRoom(false);
        directory.write(beginning(incarnation, control));
        progress.step("take " + from);
        try {
            files.move(from, options.data());
        } catch (FileSystemException e) {
            throw refused(from, "cannot be moved to " + options.data() + ": " + e.getMessage(),
                    "Both must be on one file system, and the data directory no mount point.");
        }
        return goOn(incarnation);
    }

    /** What was moved already is made the first primary's, by the claim of this time. */
    Effect goOn(Incarnation incarnation) throws IOException {
        ControlFile control = ControlFile.read(commands, options.data());
        String recorded = directory.identity().systemId();
        if (!recorded.equals(control.systemId())) {
            return new Effect.Failed(DataDirectory.otherSystem(control.systemId(), recorded));
        }
        directory.write(beginning(incarnation, control));
        directory.makeStandby(false);
        if (control.clean()) {
            RestoredWal.owe(options.data(), files, control);
        }
        Slots.removeFrom(options.data(), true);
        progress.step("configure");
        configuration.writeFiles(Map.of());
        configuration.writeSevered();
        progress.step("the roles of the settings");
        makeRoles();
        progress.step("make it a standby");
        directory.makeStandby(true);
        directory.writeMarker(incarnation);
        directory.write(directory.identity().finished(control.systemId()).with(restored(control)));
        return new Effect.Done();
    }

    private static Identity beginning(Incarnation incarnation, ControlFile control) {
        TreeMap<Integer, Epoch> first = new TreeMap<>(Map.of(control.timelineId(), Epoch.NONE));
        return Identity.beginning(Pending.ADOPTION, incarnation, control.systemId(),
                new TimelineBook(Epoch.NONE, first));
    }

    private LocalPostgres.Restored restored(ControlFile control) throws IOException {
        Map.Entry<Integer, Lsn> parent = new WalFiles(options.data()).switches(control.timelineId()).lastEntry();
        return parent == null
                ? new LocalPostgres.Restored(REQUEST, control.timelineId(), control.checkpoint())
                : new LocalPostgres.Restored(REQUEST, parent.getKey(), parent.getValue());
    }

    // ---- whether it is one that can be taken

    private ControlFile check(Path from) throws IOException {
        Path data = options.data();
        Path version = from.resolve("PG_VERSION");
        if (!Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS) || !Files.exists(version)) {
            throw refused(from, "is no data directory, or a link to one",
                    "Name the directory that 'holdfast restore --to' has made.");
        }
        if (data.startsWith(from) || from.startsWith(data)) {
            throw refused(from, "and " + data + " lie in each other", "Restore into a directory beside it.");
        }
        String major = Files.readString(version, StandardCharsets.UTF_8).strip();
        if (!major.equals(directory.binariesVersion(commands))) {
            throw refused(from, "is of PostgreSQL " + major + ", the programs in " + options.bin() + " are of "
                    + directory.binariesVersion(commands), "Point postgresql.bin at the programs of its version.");
        }
        String owner = Files.getOwner(from).getName();
        String user = options.runAs() == null ? System.getProperty("user.name") : options.runAs();
        if (!owner.equals(user)) {
            throw refused(from, "belongs to " + owner + ", PostgreSQL runs as " + user, "Change its owner.");
        }
        if (LockFile.postmaster(from.toRealPath()) != null) {
            throw refused(from, "is in use by a server", "Stop that in fast mode: pg_ctl stop -D " + from);
        }
        for (String left : UNFINISHED) {
            if (Files.exists(from.resolve(left))) {
                throw refused(from, "has a file " + left + ": it has not been restored to its end",
                        "Run 'holdfast restore' again, without --at-target pause.");
            }
        }
        ControlFile control = ControlFile.read(commands, from);
        if (!control.clean() || control.inRecovery()) {
            throw refused(from, "is not that of a primary that was stopped cleanly",
                    "Let its recovery end, or start it once, and stop it in fast mode.");
        }
        if (!control.checksums()) {
            throw refused(from, "has no page checksums", "Run pg_checksums --enable -D " + from);
        }
        return onSameDisk(from, control);
    }

    /** Before anything is written; a bind mount is seen only when it is moved. */
    private ControlFile onSameDisk(Path from, ControlFile control) throws IOException {
        Path place = options.data();
        if (!Files.exists(place)) {
            place = place.resolveSibling("");
            files.makeDirectory(place);
        }
        if (!Files.getFileStore(from).equals(Files.getFileStore(place))) {
            throw refused(from, "is on another file system than " + options.data() + ", and is not copied",
                    "Restore into a directory beside postgresql.data.");
        }
        return control;
    }

    private static HoldfastException refused(Path from, String fact, String hint) {
        return new Problem("HF-3071", "cluster.bootstrap.from: " + from + " " + fact, hint).toException();
    }

    // ---- roles

    /**
     * A server of this process alone, in which nobody has to log in: the superuser of the settings may have had another name, or
     * another password, in the cluster that was backed up. What a kill of the last attempt has left it recovers from first.
     */
    private void makeRoles() throws IOException {
        Path words = options.state().resolve("roles.sql");
        files.write(words, String.join("\n", roles()) + "\n");
        try {
            Commands.Outcome outcome = commands.run(ROLES, "postgres",
                    List.of("--single", "-D", options.data().toString(), "-c",
                            "config_file=" + configuration.main(), "-c", "exit_on_error=on", "-c",
                            "synchronous_standby_names=", "-c", "shared_preload_libraries=", "-c",
                            "session_preload_libraries=", "-c", "logging_collector=off", "-c",
                            "log_destination=stderr", "-c", "log_line_prefix=", "-c",
                            // A password stands in them.
                            "log_statement=none", "-c", "log_min_duration_statement=-1", "-c",
                            "log_min_error_statement=panic", "postgres"),
                    words);
            if (!outcome.isSuccess()) {
                throw new Problem("HF-3072",
                        "the roles of the settings cannot be made in the restored database: " + complaint(outcome),
                        "Correct what it complains of; it is tried again.").toException();
            }
        } finally {
            files.delete(words);
        }
    }

    private static String complaint(Commands.Outcome outcome) {
        return outcome.output()
                .stream()
                .filter(line -> line.contains("FATAL:") || line.contains("PANIC:"))
                .findFirst()
                .orElseGet(outcome::tail);
    }

    /** A line each: that is how such a server reads. */
    private List<String> roles() {
        String superuser = options.superuser().user();
        String password = options.superuser().password();
        String replication = quoted(options.replication());
        return List.of(make(superuser),
                "alter role " + quoted(superuser) + " superuser login"
                        + (password == null ? "" : " password " + literal(password)),
                make(options.replication()), "alter role " + replication + " login replication",
                "grant execute on function " + Bootstrap.REWINDS + " to " + replication);
    }

    private static String make(String role) {
        return "do " + literal("begin if not exists (select from pg_catalog.pg_roles where rolname = " + literal(role)
                + ") then create role " + quoted(role) + "; end if; end");
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'";
    }
}
