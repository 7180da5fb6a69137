package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Content;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Proof;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.Recovery;
import io.holdfast.backup.io.RestoreOptions;
import io.holdfast.backup.io.SealException;
import io.holdfast.backup.io.Workers;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Restores a backup for a trial, and keeps what was seen beside it, good or bad. */
final class DrillTask implements Task {
    private static final Logger LOG = LoggerFactory.getLogger(DrillTask.class);
    private static final String DATA = "data";
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final BackupConfig.Drill NOTHING = new BackupConfig.Drill(null, null, BackupConfig.Drill.Pick.NEWEST,
            null, "postgres", null);

    private final Backups backups;

    DrillTask(Backups backups) {
        this.backups = backups;
    }

    /** What the wish leaves out is as the configuration declares it. */
    @Override
    public JsonNode run(JsonNode wish, Asked told) throws IOException {
        try (Scratch room = Scratch.in(room(wish), name());
                Scratch scratch = Scratch.make();
                Identity identity = identity(wish)) {
            return drill(wish, told, identity, room.path(), scratch.path());
        }
    }

    private String name() {
        return "drill-" + backups.member() + "-";
    }

    /** Removes what is there of a trial whose worker was killed, before there is another; a server that runs on it is ended. */
    void removeWhatIsLeft() {
        for (Path parent : Stream.of(backups.directory(), room(WorkerLines.object())).distinct().toList()) {
            try {
                for (Scratch left : Scratch.left(parent, name())) {
                    TrialServer.endWhatRunsOn(left.path().resolve(DATA));
                    left.close();
                }
            } catch (IOException e) {
                LOG.warn("What a trial restore has left in {} could not be removed", parent, e);
            }
        }
    }

    private BackupConfig.Drill declared() {
        return Optional.ofNullable(backups.backup().drill()).orElse(NOTHING);
    }

    private Path room(JsonNode wish) {
        return wish.hasNonNull("directory")
                ? Path.of(wish.path("directory").asText())
                : Optional.ofNullable(declared().directory()).orElse(backups.directory());
    }

    /** Null where nothing is sealed. */
    private @Nullable Identity identity(JsonNode wish) {
        String given = wish.path("identity").asText("");
        Path file = declared().identity();
        if (!given.isEmpty()) {
            return Identity.parse(given.toCharArray(), "the identity");
        }
        if (file != null) {
            return Identity.read(file);
        }
        if (backups.backup().encryption() instanceof Encryption.None) {
            return null;
        }
        throw new Problem("HF-5117", "the backups are sealed, and no private key was given",
                "Name its file by --identity, or as 'backup.drill.identity' on this member.").toException();
    }

    private String sql(JsonNode wish) throws IOException {
        Path file = declared().sql();
        if (wish.hasNonNull("sql") || file == null) {
            return wish.path("sql").asText("");
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5122", file + " cannot be read: " + e,
                    "Name a file of text that this user may read."), e);
        }
    }

    private boolean random(JsonNode wish) {
        return wish.hasNonNull("pick")
                ? wish.path("pick").asText().equals("random")
                : declared().pick() == BackupConfig.Drill.Pick.RANDOM;
    }

    private JsonNode drill(JsonNode wish, Told told, @Nullable Identity identity, Path room, Path scratch)
            throws IOException {
        String sql = sql(wish);
        Catalog catalog = backups.catalog(wish, identity);
        Catalog.Window window = (random(wish) ? drawn(catalog) : newest(catalog))
                .orElseThrow(() -> new Problem("HF-5119",
                        "there is no backup that could be restored", "'holdfast backup list' says what each one lacks.")
                        .toException());
        long from = System.nanoTime();
        ObjectNode story = WorkerLines.object();
        ArrayNode steps = story.putArray("story");
        Told both = new Told() {
            @Override
            public void step(String name) {
                steps.addObject().put("at", Instant.now().toString()).put("said", name);
                told.step(name);
            }

            @Override
            public void progress(long done, long total, String unit) {
                told.progress(done, total, unit);
            }
        };
        Restore restore = new Restore(backups.repository(), catalog.layout(), identity, backups.postgresql().bin(),
                scratch);
        RestorePlan plan = plan(restore, window);
        story.put("backup", plan.backup().id().toString());
        story.put("target", plan.request().target().toString());
        boolean good = true;
        try {
            trial(restore, plan, wish.path("database").asText(declared().database()), sql, both, room, scratch);
        } catch (HoldfastException e) {
            if (SealException.isWrongIdentity(e.problem())) {
                throw e;
            }
            both.step(e.problem().message());
            story.put("problem", e.problem().message());
            keepLogs(scratch).ifPresent(log -> story.put("log", log.toString()));
            good = false;
        }
        story.put("good", good).put("millis", (System.nanoTime() - from) / 1_000_000).put("member", backups.member());
        keep(plan.backup(), new Proof(Instant.now(), good), story);
        return story;
    }

    /** What PostgreSQL said of it; it may have rows in it, so it stays on this node, until the next one that fails. */
    private Optional<Path> keepLogs(Path scratch) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Path log : List.of(Recovery.log(scratch), TrialServer.log(scratch))) {
            if (Files.exists(log)) {
                text.append(Files.readString(log, StandardCharsets.ISO_8859_1));
            }
        }
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Path kept = backups.directory().resolve("drill-failed.log");
        Files.deleteIfExists(kept);
        Files.createFile(kept, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Optional.of(Files.writeString(kept, text, StandardCharsets.ISO_8859_1));
    }

    private static Optional<Catalog.Window> drawn(Catalog catalog) {
        List<Catalog.Window> all = catalog.windows().stream().filter(Catalog.Window::isRestorable).toList();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(RANDOM.nextInt(all.size())));
    }

    private static Optional<Catalog.Window> newest(Catalog catalog) {
        return catalog.windows()
                .stream()
                .filter(Catalog.Window::isRestorable)
                .max(Comparator.comparing(Catalog.Window::backup).thenComparing(window -> window.reach().end()));
    }

    /** To a position drawn by lot; where no record lies behind it, to the end. */
    private static RestorePlan plan(Restore restore, Catalog.Window window) throws IOException {
        long first = window.from().bytes();
        long behind = window.reach().end().bytes() - first;
        Lsn position = new Lsn(first + (behind > 0 ? RANDOM.nextLong(behind) : 0));
        try {
            return restore.plan(new RestoreRequest(new RecoveryTarget.AtLsn(position), window.backup(),
                    window.timeline()));
        } catch (HoldfastException e) {
            return restore.plan(new RestoreRequest(new RecoveryTarget.Latest(), window.backup(), window.timeline()));
        }
    }

    private void trial(Restore restore, RestorePlan plan, String database, String sql, Told told, Path room,
            Path scratch) throws IOException {
        Path data = room.resolve(DATA);
        Map<String, Path> spaces = new LinkedHashMap<>();
        for (Manifest.Tablespace space : plan.backup().tablespaces()) {
            spaces.put(space.name(), room.resolve("space-" + space.oid()));
        }
        Restore.Wish how = new Restore.Wish(data, false, spaces, RestoreOptions.AtTarget.PROMOTE,
                Workers.threads());
        TrialServer server = new TrialServer(backups.postgresql().bin(), data, scratch,
                backups.postgresql().superuser().user());
        restore.files(plan, how, told);
        told.step("pg_verifybackup: " + server.verifyBackup());
        restore.recover(plan, how, told);
        if (plan.backup().server().checksums()) {
            told.step("pg_checksums: " + server.checksums());
        }
        server.start();
        try {
            told.step("pg_amcheck: " + server.amcheck());
            if (!sql.isEmpty()) {
                told.step("the questions: " + server.sql(database, sql));
            }
        } finally {
            server.stop();
        }
    }

    private void keep(Manifest manifest, Proof proof, ObjectNode story) throws IOException {
        byte[] bytes = story.toPrettyString().getBytes(StandardCharsets.UTF_8);
        if (backups.repository()
                .put(manifest.layout().proof(manifest.id(), proof),
                        Content.of(bytes)) instanceof PutResult.Failed failed) {
            throw new RepositoryException(failed.failure(), new IOException(failed.failure().problem().fact()));
        }
    }
}
