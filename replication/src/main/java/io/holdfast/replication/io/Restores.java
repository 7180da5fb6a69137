package io.holdfast.replication.io;

import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.io.DataDirectory.Finding;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Restoring;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Puts a backup's data in the place of this member's. What is left is a stopped, severed standby that the holder of an epoch can
 * promote, as initdb leaves one; or an interruption.
 */
final class Restores {
    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final DataDirectory directory;
    private final Configuration configuration;

    Restores(PostgresOptions options, Commands commands, DurableFiles files, DataDirectory directory,
            Configuration configuration) {
        this.options = options;
        this.commands = commands;
        this.files = files;
        this.directory = directory;
        this.configuration = configuration;
    }

    /** A later target than this one can be wanted tomorrow: what only this member has of the WAL must be archived before. */
    Effect prepare(Restoring restoring, Restorer restorer) throws IOException {
        restorer.prepare(restoring, directory.look(commands) instanceof Finding.Usable);
        return new Effect.Done();
    }

    /** Over whatever is there; no process of PostgreSQL is left. */
    Effect restore(Restoring restoring, Incarnation fresh, int taken, Restorer restorer) throws IOException {
        Identity known = directory.identityOrNull();
        // What a former attempt has written is gone on with, tablespaces too.
        boolean goesOn = known != null && known.pending() == Pending.RESTORE;
        Incarnation incarnation = known != null && goesOn ? known.incarnation() : fresh;
        directory.write(Identity.beginning(Pending.RESTORE, incarnation, known == null ? "" : known.systemId(),
                new TimelineBook(Epoch.NONE, new TreeMap<>())));
        restorer.restore(restoring, directory.tablespaces(incarnation), taken);
        return finish(restoring, incarnation);
    }

    private Effect finish(Restoring restoring, Incarnation incarnation) throws IOException {
        ControlFile control = ControlFile.read(commands, options.data());
        Map.Entry<Integer, Lsn> parent = new WalFiles(options.data()).switches(control.timelineId()).lastEntry();
        if (parent == null || !control.clean()) {
            return new Effect.Failed("what was restored is no cleanly stopped server on a new timeline");
        }
        RestoredWal.owe(options.data(), files, control);
        Slots.removeFrom(options.data(), true);
        directory.makeStandby(true);
        configuration.writeSevered();
        directory.writeMarker(incarnation);
        TimelineBook book = new TimelineBook(Epoch.NONE, new TreeMap<>(Map.of(control.timelineId(), Epoch.NONE)));
        directory.write(directory.identity()
                .with(book)
                .finished(control.systemId())
                .with(new LocalPostgres.Restored(restoring.id(), parent.getKey(), parent.getValue())));
        return new Effect.Done();
    }
}
