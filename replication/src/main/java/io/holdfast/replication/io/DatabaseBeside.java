package io.holdfast.replication.io;

import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.replication.io.ProcessTable.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What another process than the agent sees of the agent's PostgreSQL: a worker, which lives and dies by itself. It reads files, asks
 * nobody, and changes nothing but what it says.
 */
public final class DatabaseBeside {
    private final Path data;
    private final Path state;
    private final Commands commands;

    /**
     * Looks at nothing yet.
     *
     * @param data the data directory
     * @param bin where PostgreSQL's programs are
     * @param state where the agent keeps its own files about PostgreSQL
     */
    public DatabaseBeside(Path data, Path bin, Path state) {
        this.data = data;
        this.state = state;
        this.commands = new Commands(bin, state, null, null);
    }

    /**
     * The life of the data directory, which another one has after every initdb, clone and rewind; empty while there is no database,
     * and while it is being made, copied or rewound.
     *
     * @throws IOException when the files cannot be read
     */
    public Optional<String> life() throws IOException {
        Identity identity = DataDirectory.read(state.resolve(DataDirectory.RECORD));
        if (identity == null || identity.pending() != Pending.NONE) {
            return Optional.empty();
        }
        try {
            String marker = Files.readString(data.resolve(DataDirectory.MARKER), StandardCharsets.UTF_8).strip();
            return Optional.of(identity.incarnation().id()).filter(marker::equals);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * What never changes in the life of a database.
     *
     * @param systemId its system identifier
     * @param segmentBytes how large its segments of WAL are
     */
    public record Facts(String systemId, long segmentBytes) {}

    /** Asks the control file; throws {@link io.holdfast.config.HoldfastException} when that cannot be read. */
    public Facts facts() {
        ControlFile control = ControlFile.read(commands, data);
        return new Facts(control.systemId(), control.segmentBytes());
    }

    /**
     * Of one that was restored and has not replayed yet: the timeline that it makes at the end of the replay has a higher number.
     *
     * @throws IOException when the files cannot be written
     */
    public void takeTimelines(int highest) throws IOException {
        new HistoryFiles(data, new DurableFiles(null)).take(highest);
    }

    /** True from when it was told to stop until it has stopped. */
    public boolean isStopping() {
        return LockFile.status(data).equals("stopping");
    }

    /**
     * Makes it read its files again, which also wakes its archiver; false when it does not run.
     *
     * @throws IOException when there is no data directory
     */
    public boolean reload() throws IOException {
        Entry postmaster = LockFile.postmaster(data.toRealPath());
        return postmaster != null && Libc.signal(postmaster.pid(), Libc.SIGHUP);
    }
}
