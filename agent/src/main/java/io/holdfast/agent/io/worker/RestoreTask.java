package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.OwedWal;
import io.holdfast.backup.io.RestoreOptions;
import io.holdfast.backup.io.Workers;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Restores the data directory of this node over what is in it, or sees whether that will do. PostgreSQL does not run there. */
final class RestoreTask implements Task {
    private static final Duration ARCHIVED = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofMillis(500);

    private final Backups backups;

    RestoreTask(Backups backups) {
        this.backups = backups;
    }

    @Override
    public JsonNode run(JsonNode wish, Asked told) throws IOException {
        told.onCancel(Thread.currentThread()::interrupt);
        try (Scratch scratch = Scratch.make(); Identity identity = identity(backups, wish)) {
            Layout layout = new Layout(backups.cluster(), new SystemId(wish.path("systemId").asText()));
            Restore restore = new Restore(backups.repository(), layout, identity, backups.postgresql().bin(),
                    scratch.path());
            if (wish.path("whole").asBoolean()) {
                awaitArchived(restore, told);
            }
            RestorePlan plan = restore.plan(request(wish));
            Restore.Wish how = new Restore.Wish(backups.postgresql().data(), true, tablespaces(plan, wish),
                    RestoreOptions.AtTarget.PROMOTE, Workers.threads());
            if (wish.path("dryRun").asBoolean()) {
                restore.check(plan, how);
            } else {
                restore.files(plan, how, told);
                restore.takeTimelines(how, wish.path("taken").asInt());
                restore.recover(plan, how, told);
            }
            ObjectNode answer = WorkerLines.object().put("backup", plan.backup().id().toString());
            ArrayNode lines = answer.putArray("plan");
            plan.lines().forEach(lines::add);
            return answer;
        }
    }

    /** PostgreSQL has stopped, and asks for nothing any more; the archive of this worker goes on with what it had asked for. */
    private void awaitArchived(Restore restore, Told told) throws IOException {
        long end = System.nanoTime() + ARCHIVED.toNanos();
        List<WalFile> owed = OwedWal.of(backups.postgresql().data(), restore.archive());
        if (!owed.isEmpty()) {
            told.step(owed.size() + " files of WAL are archived first");
        }
        while (!owed.isEmpty()) {
            if (System.nanoTime() - end > 0) {
                throw new Problem("HF-5135", owed.size() + " files of WAL on this member are not in the repository, "
                        + owed.getFirst().fileName() + " among them",
                        "The restore would lose them: 'holdfast events' says why they are not archived.").toException();
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK.toMillis());
            } catch (InterruptedException e) {
                throw new InterruptedIOException("interrupted");
            }
            owed = OwedWal.of(backups.postgresql().data(), restore.archive());
        }
    }

    /** Null where nothing is sealed. */
    static @Nullable Identity identity(Backups backups, JsonNode wish) {
        String given = wish.path("identity").asText("");
        return given.isEmpty() && backups.backup().encryption() instanceof Encryption.None
                ? null
                : Identity.parse(given.toCharArray(), "the identity");
    }

    private static RestoreRequest request(JsonNode wish) {
        String backup = wish.path("backup").asText("");
        return new RestoreRequest(RecoveryTarget.read(wish.path("target").asText()),
                BackupId.read(backup).orElse(null),
                wish.hasNonNull("timeline") ? new TimelineId(wish.path("timeline").asInt()) : null);
    }

    /** As a clone has them: where they were may be another member's. */
    static Map<String, Path> tablespaces(RestorePlan plan, JsonNode wish) {
        Map<String, Path> spaces = new LinkedHashMap<>();
        for (Manifest.Tablespace space : plan.backup().tablespaces()) {
            spaces.put(space.name(), Path.of(wish.path("tablespaces").asText()).resolve(space.oid()));
        }
        wish.path("tablespace").properties().forEach(e -> spaces.put(e.getKey(), Path.of(e.getValue().asText())));
        return spaces;
    }
}
