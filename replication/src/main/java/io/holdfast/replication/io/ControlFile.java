package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code pg_controldata} says of a stopped PostgreSQL.
 *
 * @param systemId the system identifier
 * @param clean true after a clean shutdown, as a primary or in recovery
 * @param timelineId the timeline of the last checkpoint
 * @param checkpoint its position
 * @param consistentAt replay must reach this before it is consistent; zero when it need not
 * @param segmentBytes the size of a WAL segment
 */
record ControlFile(String systemId, boolean clean, int timelineId, Lsn checkpoint, Lsn consistentAt,
        long segmentBytes) {

    /** Reads it. */
    static ControlFile read(Commands commands, Path data) {
        Commands.Outcome outcome = commands.run(Duration.ofSeconds(10), "pg_controldata",
                List.of("-D", data.toString()));
        Map<String, String> fields = new HashMap<>();
        for (String line : outcome.output()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        try {
            String state = field(fields, "Database cluster state");
            return new ControlFile(field(fields, "Database system identifier"),
                    state.equals("shut down") || state.equals("shut down in recovery"),
                    Integer.parseInt(field(fields, "Latest checkpoint's TimeLineID")),
                    Lsn.parse(field(fields, "Latest checkpoint location")),
                    Lsn.parse(field(fields, "Minimum recovery ending location")),
                    Long.parseLong(field(fields, "Bytes per WAL segment")));
        } catch (IllegalArgumentException e) {
            throw new Problem("HF-3011", "the control file of " + data + " cannot be read: " + outcome.tail(),
                    "If the directory is damaged, move it away; the member is then cloned again.").toException();
        }
    }

    private static String field(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no '" + name + "'");
        }
        return value;
    }
}
