package io.holdfast.replication.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.Successor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableMap;

/**
 * The data directory beside an agent that has lost the cluster's shared state, and its own record of the directory perhaps: whether
 * this member can lead the cluster when the state is brought back. Nothing of the directory is changed here.
 */
public final class Reclaim {
    private static final String REINIT = "Ask the agent of the member that was the primary; a standby's directory is "
            + "moved away, and the member is cloned.";

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;
    private final DataDirectory directory;

    /** Of a node. */
    public Reclaim(PostgresOptions options) {
        this.options = options.withRealPath();
        this.files = new DurableFiles(options.runAs());
        this.commands = new Commands(this.options);
        this.directory = new DataDirectory(this.options, files);
    }

    /**
     * What this member would lead with.
     *
     * @param fromStandby whether a standby's directory will do: what only the primary had is then given up
     * @throws HoldfastException when there is nothing to lead with, for a standby's, or while it is in use
     */
    public Successor look(boolean fromStandby) {
        try {
            Path data = options.data();
            Path marker = data.resolve(DataDirectory.MARKER);
            Identity record = directory.identityOrNull();
            if (!Files.exists(marker) || !Files.exists(data.resolve("global/pg_control"))
                    || record != null && record.pending() != Pending.NONE) {
                throw new Problem(Successor.NOTHING, data + " is no data directory that an agent has made", REINIT)
                        .toException();
            }
            Incarnation incarnation = new Incarnation(Files.readString(marker, StandardCharsets.UTF_8).strip());
            if (record != null && !record.incarnation().equals(incarnation)) {
                throw new Problem(Successor.NOTHING, "the marker in " + data + " and the agent's record of it differ",
                        REINIT)
                        .toException();
            }
            if (LockFile.postmaster(data) != null) {
                throw new Problem(Successor.RUNNING, "PostgreSQL runs in " + data + ", under no leadership",
                        "Its leash stops it within a lease; else stop it: pg_ctl stop -m fast -D " + data)
                        .toException();
            }
            if (!fromStandby && Files.exists(data.resolve("standby.signal"))) {
                throw new Problem(Successor.STANDBY,
                        data + " is that of a standby, which may lack what the primary has",
                        "Ask the agent of the member that was the primary. Where that is lost: --from-standby.")
                        .toException();
            }
            ControlFile control = ControlFile.read(commands, data);
            Epoch known = record == null ? null : record.book().timeline(control.timelineId()).epoch();
            Epoch highest = record == null
                    ? Epoch.NONE
                    : record.book().epochs().values().stream().max(Epoch::compareTo).orElse(Epoch.NONE);
            return new Successor(new MemberId(options.self(), incarnation), control.systemId(), control.timelineId(),
                    known, highest, control.checkpoint());
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem(Successor.NOTHING, options.data() + " cannot be read: " + e.getMessage(),
                            "Look at the disk and its permissions."),
                    e);
        }
    }

    /**
     * Writes the agent's record of the directory where that is lost; the one that there is stays.
     *
     * @param epochs which epoch made each timeline
     */
    public void record(Successor successor, NavigableMap<Integer, Epoch> epochs) {
        try {
            if (directory.identityOrNull() == null) {
                directory.write(Identity
                        .beginning(Pending.NONE, successor.member().incarnation(), successor.systemId(),
                                new TimelineBook(Epoch.NONE, epochs)));
            }
        } catch (IOException e) {
            throw new HoldfastException(new Problem(Successor.NOTHING,
                    "the record of " + options.data() + " cannot be written: " + e.getMessage(),
                    "The agent's user must be able to write to the state directory."), e);
        }
    }
}
