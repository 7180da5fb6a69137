package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.replication.Effect;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.replication.io.PostgresProcess.Started;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes the first primary's data directory. */
final class Bootstrap {
    /** What the replication role calls for pg_rewind (manual, "pg_rewind"). */
    static final String REWINDS = "pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), "
            + "pg_read_binary_file(text), pg_read_binary_file(text, bigint, bigint, boolean)";
    private static final Duration INITDB = Duration.ofMinutes(5);
    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration SQL = Duration.ofHours(1);
    private static final Duration STOP = Duration.ofMinutes(1);

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final DataDirectory directory;
    private final Configuration configuration;
    private final PostgresProcess process;
    private final Progress progress;
    private final Adoption adoption;

    Bootstrap(PostgresOptions options, Commands commands, DurableFiles files, DataDirectory directory,
            Configuration configuration, PostgresProcess process, Progress progress) {
        this.options = options;
        this.commands = commands;
        this.files = files;
        this.directory = directory;
        this.configuration = configuration;
        this.process = process;
        this.progress = progress;
        this.adoption = new Adoption(options, commands, files, directory, configuration, progress);
    }

    /** What is in the data directory was restored, and moved there. */
    Effect goOn(Incarnation incarnation) throws IOException {
        return adoption.goOn(incarnation);
    }

    /** In the data directory is nothing that anybody wants. */
    Effect run(Incarnation incarnation) throws IOException {
        Path from = options.from();
        return from == null ? fromNothing(incarnation) : adoption.take(from, incarnation);
    }

    private Effect fromNothing(Incarnation incarnation) throws IOException {
        TreeMap<Integer, Epoch> first = new TreeMap<>(Map.of(1, Epoch.NONE));
        Identity identity = Identity.beginning(Pending.INITDB, incarnation, "", new TimelineBook(Epoch.NONE, first));
        directory.write(identity);
        directory.makeRoom(false);
        files.makeDirectory(options.data());
        progress.step("initdb");
        initdb();
        progress.step("configure");
        configuration.writeFiles(Map.of());
        configuration.writeSevered();
        progress.step("first start");
        firstStart();
        progress.step("make it a standby");
        directory.makeStandby(true);
        directory.writeMarker(incarnation);
        directory.write(identity.finished(ControlFile.read(commands, options.data()).systemId()));
        return new Effect.Done();
    }

    private void initdb() throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("-D", options.data().toString(), "--data-checksums", "--username="
                        + options.superuser().user(), "--auth=scram-sha-256", "--auth-local=peer", "--encoding=UTF8"));
        String password = options.superuser().password();
        Path passwordFile = options.state().resolve("initdb.password");
        if (password != null) {
            files.write(passwordFile, password + "\n");
            arguments.add("--pwfile=" + passwordFile);
        }
        arguments.addAll(options.initdb());
        try {
            check(commands.run(INITDB, "initdb", arguments), "HF-3026", "initdb failed",
                    "Correct cluster.bootstrap.initdb, or what it complains about.");
        } finally {
            files.delete(passwordFile);
        }
    }

    /** On the local socket only, and without waiting for anybody. */
    private void firstStart() throws IOException {
        Started started = process.start(List.of("listen_addresses=", "synchronous_standby_names="), START,
                process.fences());
        if (!(started instanceof Started.Ready)) {
            throw new Problem("HF-3027", "PostgreSQL did not start: " + started, "See " + process.log() + ".")
                    .toException();
        }
        try {
            String role = '"' + options.replication().replace("\"", "\"\"") + '"';
            sql("the replication role", List.of("-c", "create role " + role + " login replication", "-c",
                    "grant execute on function " + REWINDS + " to " + role));
            if (options.sql() != null) {
                progress.step("run " + options.sql());
                sql("the operator's SQL", List.of("-f", options.sql().toString()));
            }
        } finally {
            if (!process.stopFast(STOP)) {
                process.stopNow(Duration.ofSeconds(1));
            }
        }
    }

    private void sql(String what, List<String> arguments) {
        List<String> line = new ArrayList<>(List.of("-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-h",
                options.socket().toString(),
                "-p", Integer.toString(options.listen().port()), "-U", options.superuser().user(), "-d", "postgres"));
        line.addAll(arguments);
        check(commands.run(SQL, "psql", line), "HF-3028", what + " failed", "Correct cluster.bootstrap.sql.");
    }

    private static void check(Commands.Outcome outcome, String code, String fact, String hint) {
        if (!outcome.isSuccess()) {
            throw new Problem(code, fact + ": " + outcome.tail(), hint).toException();
        }
    }
}
