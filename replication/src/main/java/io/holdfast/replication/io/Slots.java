package io.holdfast.replication.io;

import io.holdfast.replication.Effect;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The physical slots of the members. */
final class Slots {
    /** Holdfast's own are called so; others are somebody else's and stay. */
    private static final Pattern OWN_NAME = Pattern.compile("hf_[a-z0-9_]+_[0-9]+");

    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final String OWN = """
            select slot_name, active, coalesce(wal_status, '') = 'lost' from pg_replication_slots
            where slot_type = 'physical' and not temporary and slot_name like 'hf\\_%'
            """;

    private Slots() {}

    /** Whether a physical slot is one that Holdfast makes for its members. */
    static boolean isOwn(String name) {
        return OWN_NAME.matcher(name).matches();
    }

    /** Creates those that are not there. */
    static Effect make(Monitor monitor, Set<String> names) {
        if (!names.isEmpty()) {
            monitor.ask("create slots", ANSWER,
                    "select pg_create_physical_replication_slot(name, true) from unnest(array['"
                            + String.join("', '", names)
                            + "']) name where not exists (select from pg_replication_slots where slot_name = name)");
        }
        return new Effect.Done();
    }

    /** Creates what is missing or lost, drops what is not wanted and not in use. A lost one can never be used again. */
    static Effect keep(Monitor monitor, Set<String> wanted) {
        Set<String> missing = new TreeSet<>(wanted);
        Set<String> unwanted = new TreeSet<>();
        for (Row row : monitor.ask("list the slots", ANSWER, OWN)) {
            String name = row.getString(0);
            boolean active = row.getBoolean(1);
            boolean lost = row.getBoolean(2) && !active;
            if (!lost) {
                missing.remove(name);
            }
            if (isOwn(name) && !active && (lost || !wanted.contains(name))) {
                unwanted.add(name);
            }
        }
        for (String name : unwanted) {
            monitor.ask("drop slot " + name, ANSWER, "select pg_drop_replication_slot('" + name + "')");
        }
        for (String name : missing) {
            monitor.ask("create slot " + name, ANSWER,
                    "select pg_create_physical_replication_slot('" + name + "', true)");
        }
        return new Effect.Done();
    }

    /** Removes Holdfast's own slots from a stopped directory: on a standby they would only keep WAL for ever. */
    static void removeFrom(Path data, boolean all) throws IOException {
        Path directory = data.resolve("pg_replslot");
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            for (Path slot : found) {
                if (all || isOwn(slot.getFileName().toString())) {
                    DurableFiles.deleteTree(slot, true);
                }
            }
        }
    }
}
