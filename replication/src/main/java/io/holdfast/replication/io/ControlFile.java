package io.holdfast.replication.io;

import io.holdfast.config.Problem;
import io.holdfast.replication.SharedMemory;
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
 * @param inRecovery true when it was last shut down, or seen, in recovery
 * @param timelineId the timeline of the last checkpoint
 * @param checkpoint its position
 * @param consistentAt replay must reach this before it is consistent; zero when it need not
 * @param segmentBytes the size of a WAL segment
 * @param checksums true when its pages have checksums
 * @param sharedMemory the parameters of {@link SharedMemory} that it ran with as a primary, or that its primary ran with
 */
record ControlFile(String systemId, boolean clean, boolean inRecovery, int timelineId, Lsn checkpoint,
        Lsn consistentAt, long segmentBytes, boolean checksums, Map<String, Long> sharedMemory) {
    /** Two of them are called otherwise there. */
    private static final Map<String, String> NAMES = Map.of("max_prepared_transactions", "max_prepared_xacts",
            "max_locks_per_transaction", "max_locks_per_xact");

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
                    state.endsWith("recovery"),
                    Integer.parseInt(field(fields, "Latest checkpoint's TimeLineID")),
                    Lsn.parse(field(fields, "Latest checkpoint location")),
                    Lsn.parse(field(fields, "Minimum recovery ending location")),
                    Long.parseLong(field(fields, "Bytes per WAL segment")),
                    !field(fields, "Data page checksum version").equals("0"), sharedMemory(fields));
        } catch (IllegalArgumentException e) {
            throw new Problem("HF-3011", "the control file of " + data + " cannot be read: " + outcome.tail(),
                    "If the directory is damaged, move it away; the member is then cloned again.").toException();
        }
    }

    private static Map<String, Long> sharedMemory(Map<String, String> fields) {
        Map<String, Long> values = new HashMap<>();
        for (String name : SharedMemory.DEFAULTS.keySet()) {
            values.put(name, Long.valueOf(field(fields, NAMES.getOrDefault(name, name) + " setting")));
        }
        return values;
    }

    private static String field(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no '" + name + "'");
        }
        return value;
    }
}
