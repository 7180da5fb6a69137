package io.holdfast.backup.io;

import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.RetentionPlan;
import io.holdfast.backup.StoredObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deletes what a plan says, in an order that leaves nothing broken wherever it is killed: a backup's manifest before its other
 * objects, so that half a backup is an unfinished one; what follows a backup before that; WAL last, when no backup needs it any
 * more, the oldest first, so that what is left of it has no gap. Done again, it does the rest.
 */
public final class Expire {
    private final Repository repository;
    private final Layout layout;

    /** Of a database. */
    public Expire(Repository repository, Layout layout) {
        this.repository = repository;
        this.layout = layout;
    }

    /**
     * How it ended.
     *
     * @param objects how many are gone
     * @param bytes what they took
     * @param failure why it ended early; null when all is done
     */
    public record Expired(long objects, long bytes, @Nullable RepositoryFailure failure) {}

    /** Deletes. */
    public Expired run(RetentionPlan plan) {
        List<StoredObject> order = new ArrayList<>();
        for (RetentionPlan.BackupGoes backup : plan.backups()) {
            RepositoryPath manifest = layout.manifest(backup.id());
            backup.objects().stream().filter(object -> object.path().equals(manifest)).forEach(order::add);
            backup.objects().stream().filter(object -> !object.path().equals(manifest)).forEach(order::add);
        }
        plan.wal().forEach(goes -> order.add(goes.object()));
        long bytes = 0;
        for (int i = 0; i < order.size(); i++) {
            if (repository.delete(order.get(i).path()) instanceof DeleteResult.Failed failed) {
                return new Expired(i, bytes, failed.failure());
            }
            bytes += order.get(i).sizeBytes();
        }
        return new Expired(order.size(), bytes, null);
    }
}
