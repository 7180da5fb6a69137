package io.holdfast.replication.sim;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.Lsn;
import java.util.ArrayList;
import java.util.List;

/** What an agent reads of a simulated PostgreSQL. */
final class SimReading {
    private SimReading() {}

    static LocalPostgres of(SimPostgres p) {
        if (!p.present) {
            return new LocalPostgres.Absent();
        }
        String broken = p.broken;
        if (broken != null) {
            return new LocalPostgres.Broken(broken);
        }
        LocalPostgres.Directory directory = new LocalPostgres.Directory(p.incarnation, "sim", p.book, p.restored);
        return switch (p.mode) {
            case STOPPED ->
                new LocalPostgres.Stopped(directory, p.book.timeline(p.wal.timelineId()), new Lsn(0), p.clean);
            case STARTING -> new LocalPostgres.Silent(directory, LocalPostgres.Silent.Phase.STARTING,
                    "PostgreSQL is starting");
            case ORPHANS -> new LocalPostgres.Silent(directory, LocalPostgres.Silent.Phase.STOPPING,
                    "the postmaster is gone, some processes are left");
            case STANDBY -> standby(p, directory);
            case PRIMARY -> primary(p, directory);
        };
    }

    private static LocalPostgres standby(SimPostgres p, LocalPostgres.Directory directory) {
        boolean known = p.world.now >= p.replayedAt;
        int done = known ? p.wal.length() : Math.min(p.replayed, p.wal.length());
        return new LocalPostgres.Standby(directory, p.book.timeline(p.wal.timelineId()), new Lsn(done), new Lsn(done),
                known, p.upstream, p.receiver, p.streaming, p.syncRunning, 0);
    }

    private static LocalPostgres primary(SimPostgres p, LocalPostgres.Directory directory) {
        List<LocalPostgres.Primary.Link> links = new ArrayList<>();
        p.flushed.forEach((member, position) -> links.add(new LocalPostgres.Primary.Link(member, new Lsn(position),
                p.world.now - p.heard.getOrDefault(member, 0L) < 1_500)));
        return new LocalPostgres.Primary(directory, p.book.timeline(p.wal.timelineId()), new Lsn(p.wal.length()),
                p.syncFile, links, p.slots, p.wal.switches(), p.rewindable);
    }
}
