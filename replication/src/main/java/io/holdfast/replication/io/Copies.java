package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.replication.Effect;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Copies the primary's data directory, wholly or what differs. Each leaves a stopped, severed standby, or an interruption. */
final class Copies {
    private static final Duration QUESTION = Duration.ofSeconds(10);
    private static final Duration COPY = Duration.ofDays(2);
    private static final String DONE = ".done";
    /** All of a segment of most sizes; PostgreSQL hands no more than a gibibyte over. */
    private static final long COMPARED = 64 << 20;
    private static final Pattern PROGRESS = Pattern.compile("\\s*(\\d+)/(\\d+) kB \\(\\d+%\\).*");

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final DataDirectory directory;
    private final Configuration configuration;
    private final Progress progress;

    Copies(PostgresOptions options, Commands commands, DurableFiles files, DataDirectory directory,
            Configuration configuration,
            Progress progress) {
        this.options = options;
        this.commands = commands;
        this.files = files;
        this.directory = directory;
        this.configuration = configuration;
        this.progress = progress;
    }

    /**
     * What the source says of itself.
     *
     * @param systemId its system identifier
     * @param timelineId its timeline
     * @param flushed the end of its WAL
     * @param tablespaces its tablespaces' identifiers and directories
     */
    private record Source(String systemId, int timelineId, Lsn flushed, List<Space> tablespaces) {
        record Space(String oid, String location) {}
    }

    Effect clone(MemberName from, Incarnation incarnation, TimelineBook book, boolean keepOld) throws IOException {
        progress.step("look at " + from);
        Source source = askAbout(from);
        directory.write(Identity.beginning(Pending.CLONE, incarnation, source.systemId(), book));
        progress.step("make room");
        directory.makeRoom(keepOld);
        files.makeDirectory(options.data());
        progress.step("copy from " + from);
        Commands.Outcome outcome = commands.run(COPY, "pg_basebackup", baseBackup(from, incarnation, source),
                this::hear);
        if (!outcome.isSuccess()) {
            return new Effect.Failed(new Problem("HF-3020", "the copy from " + from + " failed: " + outcome.tail(),
                    "It is tried again; look at the log of " + from + "'s PostgreSQL if it goes on.").message());
        }
        progress.step("make it a standby");
        owe();
        return finish(incarnation);
    }

    /** Of a copy from the primary that is under way. */
    void giveUp() {
        commands.end("pg_basebackup");
    }

    /** Of a backup's files, and the archive's WAL; what is the same in the old directory stays. */
    Effect fromBackup(MemberName from, Incarnation incarnation, TimelineBook book, Copier copier) throws IOException {
        progress.step("look at " + from);
        Source source = askAbout(from);
        directory.write(Identity.beginning(Pending.CLONE, incarnation, source.systemId(), book));
        if (!isOldCopy()) {
            directory.makeRoom(false);
        }
        progress.step("bring the files of a backup, and the WAL since");
        copier.copy(source.systemId(), source.timelineId(), directory.tablespaces(incarnation));
        progress.step("compare with " + from);
        String other = contradiction(from, source);
        if (!other.isEmpty()) {
            return new Effect.Failed(new Problem("HF-3074",
                    "what the repository has of timeline " + source.timelineId() + " is not what " + from + " has: "
                            + other,
                    "It is cloned from " + from + " instead; 'holdfast backup verify' tells what else is wrong.")
                    .message());
        }
        progress.step("make it a standby");
        return finish(incarnation);
    }

    /** What only a clone has left is of no use to who compares with it. */
    private boolean isOldCopy() {
        return Files.exists(options.data().resolve("PG_VERSION"))
                || Files.exists(options.data().resolve("global/pg_control.restoring"));
    }

    /**
     * Timelines are known by number only there: where their history and the last segment are the primary's, all before it is. What the
     * primary has no more cannot be compared, nor streamed onto.
     */
    private String contradiction(MemberName from, Source source) throws IOException {
        ControlFile control = ControlFile.read(commands, options.data());
        if (!control.systemId().equals(source.systemId())) {
            return "system identifier " + control.systemId() + " and " + source.systemId();
        }
        List<String> names = new ArrayList<>();
        if (source.timelineId() > 1) {
            names.add(String.format(Locale.ROOT, "%08X.history", source.timelineId()));
        }
        String last = new WalFiles(options.data()).newest();
        if (last != null) {
            names.add(last);
        }
        for (String name : names) {
            String there = hash(from, name);
            if (!there.isEmpty()
                    && !there.equals(WalFiles.hash(options.data().resolve("pg_wal").resolve(name), COMPARED))) {
                return name + " differs";
            }
        }
        return "";
    }

    private String hash(MemberName from, String name) {
        String sql = "select coalesce(encode(sha256(pg_read_binary_file('pg_wal/" + name
                + "', 0, " + COMPARED + ", true)), 'hex'), '')";
        Commands.Outcome outcome = commands.run(QUESTION, "psql", List.of("-X", "-q", "-w", "-A", "-t", "-d",
                configuration.conninfo(from, "look_" + options.self()) + " dbname='postgres'", "-c", sql));
        if (!outcome.isSuccess()) {
            throw doesNotAnswer(from, outcome);
        }
        return outcome.tail().strip();
    }

    /**
     * pg_basebackup marks the WAL that it brings as archived (receivelog.c, mark_file_as_archived); whether it is, nobody knows while
     * the primary's archiver is behind, and this member may be the next one to have it.
     */
    private void owe() throws IOException {
        if (options.archive() == null) {
            return;
        }
        try (DirectoryStream<Path> marks = Files.newDirectoryStream(
                options.data().resolve("pg_wal/archive_status"), "*" + DONE)) {
            for (Path mark : marks) {
                String name = mark.getFileName().toString();
                files.move(mark,
                        mark.resolveSibling(name.substring(0, name.length() - DONE.length()) + ".ready"));
            }
        }
    }

    private List<String> baseBackup(MemberName from, Incarnation incarnation, Source source) throws IOException {
        List<String> line = new ArrayList<>(List.of("-D", options.data().toString(), "-d",
                configuration.conninfo(from, "clone_" + options.self()), "--checkpoint=fast", "-X", "stream",
                "--progress", "-w"));
        // A tablespace's path on the primary may be taken here, by the primary itself where both are on one host.
        for (Source.Space space : source.tablespaces()) {
            Path here = directory.tablespaces(incarnation).resolve(space.oid());
            files.makeDirectory(here);
            line.add("--tablespace-mapping=" + space.location().replace("=", "\\=") + "="
                    + here.toString().replace("=", "\\="));
        }
        return line;
    }

    Effect rewind(MemberName from, Incarnation incarnation, TimelineBook book) throws IOException {
        progress.step("look at " + from);
        Identity known = directory.identity();
        if (!ControlFile.read(commands, options.data()).clean()) {
            return new Effect.Failed(
                    "it was not stopped cleanly, and cannot be rewound before it has replayed its WAL");
        }
        Source source = ask(from);
        if (!known.systemId().equals(source.systemId())) {
            throw otherSystem(from, source, known.systemId());
        }
        directory.write(Identity.beginning(Pending.REWIND, incarnation, known.systemId(), book));
        progress.step("rewind to " + from);
        String conninfo = configuration.conninfo(from, "rewind_" + options.self()) + " dbname='postgres'";
        Commands.Outcome outcome = commands.run(COPY, "pg_rewind",
                List.of("-D", options.data().toString(), "--source-server=" + conninfo, "--progress",
                        "--no-ensure-shutdown"),
                this::hear);
        if (!outcome.isSuccess()) {
            return new Effect.Failed(new Problem("HF-3021", "the rewind to " + from + " failed: " + outcome.tail(),
                    "The member is cloned instead; its old data directory is kept aside where there is room.")
                    .message());
        }
        progress.step("fetch the WAL that makes it consistent");
        fetchWal(from, source, conninfo);
        progress.step("make it a standby");
        return finish(incarnation);
    }

    /**
     * A rewound directory is consistent only where the source's WAL ended when the rewind ended. It starts severed, so this WAL
     * must be there; what pg_rewind copied of the last segments was cut while they were written.
     */
    private void fetchWal(MemberName from, Source source, String conninfo) throws IOException {
        ControlFile control = ControlFile.read(commands, options.data());
        Lsn needed = control.consistentAt();
        if (!needed.isAfter(source.flushed())) {
            needed = source.flushed();
        }
        Lsn wanted = needed;
        boolean written = Await.until(Duration.ofSeconds(30), Duration.ofMillis(50),
                () -> !wanted.isAfter(ask(from).flushed()));
        if (!written) {
            throw new Problem("HF-3022", from + " did not write its WAL up to " + wanted, "It is cloned instead.")
                    .toException();
        }
        long size = control.segmentBytes();
        for (long segment = source.flushed().bytes() / size; segment <= wanted.bytes() / size; segment++) {
            String name = WalFiles.name(source.timelineId(), segment, size);
            fetch(conninfo, name, size);
        }
    }

    private void fetch(String conninfo, String segment, long size) throws IOException {
        Path copy = options.state().resolve("segment.copy");
        Files.deleteIfExists(copy);
        files.write(copy, "");
        String sql = "copy (select pg_read_binary_file('pg_wal/" + segment + "', 0, " + size
                + ", true)) to stdout (format binary)";
        Commands.Outcome outcome = commands.run(Duration.ofMinutes(5), "psql",
                List.of("-X", "-q", "-w", "-d", conninfo, "-o", copy.toString(), "-c", sql));
        byte[] bytes = Files.readAllBytes(copy);
        Files.deleteIfExists(copy);
        if (!outcome.isSuccess() || bytes.length < 25) {
            throw new Problem("HF-3022", "cannot fetch WAL segment " + segment + ": " + outcome.tail(),
                    "The member is cloned instead.")
                    .toException();
        }
        // Signature 11, flags 4, extension's length 4, number of fields 2, the field's length 4 (manual, COPY, "Binary Format").
        int length = ByteBuffer.wrap(bytes).getInt(21);
        if (length == size) {
            files.write(options.data().resolve("pg_wal").resolve(segment),
                    java.util.Arrays.copyOfRange(bytes, 25, 25 + length));
        }
    }

    /** Writes over everything that was the source's own, and records that it is done. */
    private Effect finish(Incarnation incarnation) throws IOException {
        ControlFile control = ControlFile.read(commands, options.data());
        Slots.removeFrom(options.data(), true);
        directory.makeStandby(true);
        configuration.writeSevered();
        directory.writeMarker(incarnation);
        directory.write(directory.identity().finished(control.systemId()));
        return new Effect.Done();
    }

    private Source askAbout(MemberName from) throws IOException {
        Source source = ask(from);
        Identity known = directory.identityOrNull();
        String recorded = known == null ? "" : known.systemId();
        if (!recorded.isEmpty() && !recorded.equals(source.systemId())) {
            throw otherSystem(from, source, recorded);
        }
        return source;
    }

    private Source ask(MemberName from) {
        String sql = """
                select pg_is_in_recovery(), (select system_identifier from pg_control_system()),
                  case when pg_is_in_recovery() then '' else pg_walfile_name(pg_current_wal_flush_lsn()) end,
                  case when pg_is_in_recovery() then '0/0' else pg_current_wal_flush_lsn()::text end,
                  coalesce((select string_agg(oid || '=' || pg_tablespace_location(oid), E'\\t') from pg_tablespace
                    where pg_tablespace_location(oid) <> ''), '')
                """;
        Commands.Outcome outcome = commands.run(QUESTION, "psql",
                List.of("-X", "-q", "-w", "-A", "-t", "-F", "\n", "-d",
                        configuration.conninfo(from, "look_" + options.self()) + " dbname='postgres'", "-c", sql));
        List<String> fields = outcome.output();
        if (!outcome.isSuccess() || fields.size() < 4) {
            throw doesNotAnswer(from, outcome);
        }
        if (fields.get(0).equals("t")) {
            throw new Problem("HF-3024", from + " is not a primary", "It is tried again; nothing was changed.")
                    .toException();
        }
        List<Source.Space> spaces = new ArrayList<>();
        String last = fields.size() > 4 ? fields.get(4) : "";
        for (String space : last.isEmpty() ? new String[0] : last.split("\t")) {
            int equals = space.indexOf('=');
            spaces.add(new Source.Space(space.substring(0, equals), space.substring(equals + 1)));
        }
        return new Source(fields.get(1), Integer.parseInt(fields.get(2).substring(0, 8), 16), Lsn.parse(fields.get(3)),
                spaces);
    }

    private void hear(String line) {
        Matcher matcher = PROGRESS.matcher(line);
        if (matcher.matches()) {
            progress.done(Long.parseLong(matcher.group(1)) << 10, Long.parseLong(matcher.group(2)) << 10);
        }
    }

    private static RuntimeException doesNotAnswer(MemberName from, Commands.Outcome outcome) {
        return new Problem("HF-3023", from + " does not answer: " + outcome.tail(),
                "It is tried again; nothing was changed.").toException();
    }

    private static RuntimeException otherSystem(MemberName from, Source source, @Nullable String recorded) {
        return new Problem("HF-3025",
                from + " has system identifier " + source.systemId() + ", this member's is " + recorded,
                "It is another cluster; look at the addresses.").toException();
    }
}
