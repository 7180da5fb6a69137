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
import io.holdfast.backup.io.RestoreOptions;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Restores a backup for a trial, and keeps what was seen beside it, good or bad. */
final class DrillTask implements Task {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Backups backups;

    DrillTask(Backups backups) {
        this.backups = backups;
    }

    @Override
    public JsonNode run(JsonNode wish, Asked told) throws IOException {
        String given = wish.path("identity").asText("");
        Path parent = wish.hasNonNull("directory")
                ? Path.of(wish.path("directory").asText())
                : backups.directory();
        try (Scratch room = Scratch.in(parent);
                Scratch scratch = Scratch.make();
                Identity theirs = given.isEmpty() ? null : Identity.parse(given.toCharArray(), "the identity");
                Identity own = theirs == null ? backups.own() : null) {
            return drill(wish, told, theirs == null ? own : theirs, room.path(), scratch.path());
        }
    }

    private JsonNode drill(JsonNode wish, Told told, @Nullable Identity identity, Path room, Path scratch)
            throws IOException {
        Catalog catalog = backups.catalog(wish, identity);
        Catalog.Window window = newest(catalog).orElseThrow(() -> new Problem("HF-5119",
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
            trial(restore, plan, wish, both, room, scratch);
        } catch (HoldfastException e) {
            both.step(e.problem().message());
            good = false;
        }
        story.put("good", good).put("millis", (System.nanoTime() - from) / 1_000_000).put("member", backups.member());
        keep(plan.backup(), new Proof(Instant.now(), good), story);
        return story;
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

    private void trial(Restore restore, RestorePlan plan, JsonNode wish, Told told, Path room, Path scratch)
            throws IOException {
        Path data = room.resolve("data");
        Map<String, Path> spaces = new LinkedHashMap<>();
        for (Manifest.Tablespace space : plan.backup().tablespaces()) {
            spaces.put(space.name(), room.resolve("space-" + space.oid()));
        }
        Restore.Wish how = new Restore.Wish(data, false, spaces, RestoreOptions.AtTarget.PROMOTE,
                Runtime.getRuntime().availableProcessors());
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
            String sql = wish.path("sql").asText("");
            if (!sql.isEmpty()) {
                told.step("the questions: " + server.sql(wish.path("database").asText("postgres"), sql));
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
