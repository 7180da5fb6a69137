package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Proof;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RetentionPlan;
import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.io.ArchiveCheck;
import io.holdfast.backup.io.Expire;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.PrimaryCalls;
import io.holdfast.backup.io.Verify;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Problem;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is asked of the repository as a whole. */
final class CatalogTasks {
    private static final Duration FOR_A_SEGMENT = Duration.ofMinutes(2);

    private final Vertx vertx;
    private final Backups backups;

    CatalogTasks(Vertx vertx, Backups backups) {
        this.vertx = vertx;
        this.backups = backups;
    }

    /** By the names of the tasks. */
    Map<String, Task> tasks() {
        return Map.of("list", this::list, "verify", this::verify, "expire", this::expire, "mark", this::mark, "switch",
                this::switchWal, "check", this::check);
    }

    // ---- list

    private JsonNode list(JsonNode wish, Task.Asked told) throws IOException {
        try (Identity own = backups.own()) {
            return json(backups.catalog(wish, own));
        }
    }

    private JsonNode json(Catalog catalog) {
        ObjectNode json = WorkerLines.object();
        json.put("repository", backups.repository().where());
        json.put("cluster", catalog.layout().cluster());
        json.put("systemId", catalog.layout().systemId().value());
        Map<BackupId, Catalog.Window> newest = new TreeMap<>();
        catalog.windows().forEach(window -> newest.put(window.backup(), window));
        ArrayNode entries = json.putArray("backups");
        catalog.backups().forEach(entry -> entries.add(json(catalog, entry, newest.get(entry.id()))));
        json.set("wal", wal(catalog));
        return json;
    }

    private static ObjectNode json(Catalog catalog, BackupEntry entry, Catalog.@Nullable Window window) {
        ObjectNode json = WorkerLines.object();
        json.put("id", entry.id().toString());
        json.put("kind", entry.id().kind().word());
        json.put("startedAt", entry.id().startedAt().toString());
        json.put("storedBytes", entry.storedBytes());
        switch (entry) {
            case BackupEntry.Unfinished _ -> json.put("state", "unfinished");
            case BackupEntry.Damaged damaged -> json.put("state", "damaged")
                    .set(WorkerLines.PROBLEM,
                            WorkerLines.problem(damaged.problem()));
            case BackupEntry.Complete complete -> complete(json, catalog, complete, window);
        }
        return json;
    }

    private static void complete(ObjectNode json, Catalog catalog, BackupEntry.Complete complete,
            Catalog.@Nullable Window window) {
        Manifest manifest = complete.manifest();
        json.put("parent", manifest.parent() == null ? null : manifest.parent().toString());
        json.put("finishedAt", manifest.finishedAt().toString());
        json.put("member", manifest.member());
        json.put("fromStandby", manifest.fromStandby());
        json.put("plainBytes", manifest.plainBytes());
        json.put("sealed", !manifest.recipients().isEmpty());
        json.put("signature", switch (complete.signature()) {
            case SignatureVerdict.Trusted _ -> "trusted";
            case SignatureVerdict.Stranger _ -> "stranger";
            case SignatureVerdict.Wrong _ -> "wrong";
        });
        json.putObject("wal")
                .put("timeline", manifest.wal().stopTimeline().number())
                .put("start", manifest.wal().start().toString())
                .put("stop", manifest.wal().stop().toString());
        json.put("sharedState", complete.objects()
                .stream()
                .anyMatch(object -> object.path().equals(catalog.layout().state(complete.id()))));
        Proof.newest(complete.objects())
                .ifPresent(proof -> json.putObject("proved")
                        .put("at", proof.at().toString())
                        .put("good", proof.good()));
        Problem problem = catalog.chain(manifest.id()) instanceof Catalog.Chain.Broken broken ? broken.problem() : null;
        if (problem != null) {
            json.put("state", "broken").set(WorkerLines.PROBLEM, WorkerLines.problem(problem));
        } else if (!manifest.verdict().isGood()) {
            json.put("state", "corrupt").put("corrupt", String.valueOf(manifest.verdict().corrupt()));
        } else if (window == null || !window.isRestorable()) {
            json.put("state", "lacks-wal");
        } else {
            json.put("state", "complete");
            json.putObject("restorableTo")
                    .put("timeline", window.timeline().number())
                    .put("lsn", window.reach().end().toString())
                    .put("gap", window.reach().behind() != null);
        }
    }

    private static ArrayNode wal(Catalog catalog) {
        ArrayNode json = WorkerLines.object().putArray("wal");
        Map<Integer, ObjectNode> timelines = new TreeMap<>();
        for (WalFile.Segment segment : catalog.wal().segments().keySet()) {
            int number = segment.timeline().number();
            ObjectNode one = timelines.computeIfAbsent(number,
                    _ -> WorkerLines.object().put("timeline", number).put("first", segment.fileName()));
            one.put("last", segment.fileName()).put("segments", one.path("segments").asLong() + 1);
        }
        timelines.values().forEach(json::add);
        return json;
    }

    // ---- verify and expire

    /** Where the wish has an identity, objects are opened too; it is wiped with the task. */
    private JsonNode verify(JsonNode wish, Task.Asked told) throws IOException {
        String given = wish.path("identity").asText("");
        try (Identity identity = given.isEmpty() ? null : Identity.parse(given.toCharArray(), "the identity")) {
            try (Identity own = backups.own()) {
                Catalog catalog = backups.catalog(wish, identity == null ? own : identity);
                told.step(identity == null
                        ? "looks at every object, and into WAL by the node's own identity: no other was given"
                        : "looks at every object, and into it");
                Verify.Verdict verdict = new Verify(backups.repository(), catalog.layout(), identity, own)
                        .run(catalog);
                ObjectNode answer = WorkerLines.object();
                answer.put("objects", verdict.objects()).put("bytes", verdict.bytes());
                ArrayNode findings = answer.putArray("findings");
                verdict.findings()
                        .forEach(finding -> findings.add(WorkerLines.problem(finding.problem())
                                .put("path", finding.path().value())));
                return answer;
            }
        }
    }

    private JsonNode expire(JsonNode wish, Task.Asked told) throws IOException {
        try (Identity own = backups.own()) {
            Catalog catalog = backups.catalog(wish, own);
            BackupConfig.Retention retention = backups.backup().retention();
            RetentionPlan plan = RetentionPlan.of(catalog,
                    new RetentionPlan.Rule(retention.full(), retention.window()), Instant.now(), Set.of());
            ObjectNode answer = WorkerLines.object();
            ArrayNode lines = answer.putArray("plan");
            plan.lines().forEach(lines::add);
            if (wish.path("dryRun").asBoolean()) {
                return answer;
            }
            told.step("deletes what nobody needs any more");
            Expire.Expired expired = new Expire(backups.repository(), catalog.layout()).run(plan);
            if (expired.failure() != null) {
                throw new RepositoryException(expired.failure(),
                        new IOException(expired.failure().problem().fact()));
            }
            return answer.put("objects", expired.objects()).put("bytes", expired.bytes());
        }
    }

    // ---- on the primary

    private JsonNode mark(JsonNode wish, Task.Asked told) {
        RecoveryTarget target = RecoveryTarget.read("name=" + wish.path("name").asText());
        if (!(target instanceof RecoveryTarget.AtName name)) {
            throw new IllegalStateException("a name was read as " + target);
        }
        return WorkerLines.object()
                .put("lsn", new PrimaryCalls(vertx, BackupTask.address(backups)).mark(name).toString());
    }

    private JsonNode check(JsonNode wish, Task.Asked told) throws IOException {
        try (Identity own = backups.own()) {
            told.step("has a segment archived");
            ArchiveCheck.Checked checked = new ArchiveCheck(vertx, BackupTask.address(backups), backups.repository(),
                    backups.layout(""), backups.backup().encryption(), own).run(FOR_A_SEGMENT);
            return WorkerLines.object()
                    .put("segment", checked.segment().fileName())
                    .put("millis", checked.took().toMillis());
        }
    }

    private JsonNode switchWal(JsonNode wish, Task.Asked told) {
        return WorkerLines.object()
                .put("lsn", new PrimaryCalls(vertx, BackupTask.address(backups)).switchWal().toString());
    }
}
