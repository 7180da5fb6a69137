package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.Layout;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.RestoreOptions;
import io.holdfast.backup.io.Workers;
import java.io.IOException;

/**
 * Makes of the data directory of this node what a standby of the primary can start from: the files of a backup, and all WAL that the
 * archive has on the way to the primary's timeline. Or sees whether that will do.
 */
final class CopyTask implements Task {
    private final Backups backups;

    CopyTask(Backups backups) {
        this.backups = backups;
    }

    @Override
    public JsonNode run(JsonNode wish, Asked told) throws IOException {
        told.onCancel(Thread.currentThread()::interrupt);
        try (Scratch scratch = Scratch.make(); Identity identity = RestoreTask.identity(backups, wish)) {
            Layout layout = new Layout(backups.cluster(), new SystemId(wish.path("systemId").asText()));
            Restore restore = new Restore(backups.repository(), layout, identity, backups.postgresql().bin(),
                    scratch.path());
            RestorePlan plan = restore.plan(new RestoreRequest(RecoveryTarget.read("latest"),
                    BackupId.read(wish.path("backup").asText("")).orElse(null),
                    new TimelineId(wish.path("timeline").asInt())));
            Restore.Wish how = new Restore.Wish(backups.postgresql().data(), true,
                    RestoreTask.tablespaces(plan, wish), RestoreOptions.AtTarget.PROMOTE, Workers.threads());
            if (wish.path("dryRun").asBoolean()) {
                restore.tryOpen(plan, how);
            } else {
                restore.files(plan, how, told);
                restore.wal(plan, how, told);
            }
            ObjectNode answer = WorkerLines.object().put("backup", plan.backup().id().toString());
            ArrayNode lines = answer.putArray("plan");
            plan.lines().forEach(lines::add);
            return answer;
        }
    }
}
