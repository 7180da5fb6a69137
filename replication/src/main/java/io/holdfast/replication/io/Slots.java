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

/** The physical slots of the members. */
final class Slots {
    /** Holdfast's own begin with this; others are somebody else's and stay. */
    static final String PREFIX = "hf_";

    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final String OWN = """
            select slot_name, active from pg_replication_slots
            where slot_type = 'physical' and not temporary and slot_name like 'hf\\_%'
            """;

    private Slots() {}

    /** Creates what is missing, drops what is not wanted and not in use. */
    static Effect keep(Monitor monitor, Set<String> wanted) {
        Set<String> missing = new TreeSet<>(wanted);
        Set<String> unwanted = new TreeSet<>();
        for (Row row : monitor.ask("list the slots", ANSWER, OWN)) {
            String name = row.getString(0);
            missing.remove(name);
            if (!wanted.contains(name) && !row.getBoolean(1)) {
                unwanted.add(name);
            }
        }
        for (String name : missing) {
            monitor.ask("create slot " + name, ANSWER,
                    "select pg_create_physical_replication_slot('" + name + "', true)");
        }
        for (String name : unwanted) {
            monitor.ask("drop slot " + name, ANSWER, "select pg_drop_replication_slot('" + name + "')");
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
                if (all || slot.getFileName().toString().startsWith(PREFIX)) {
                    DurableFiles.deleteTree(slot, true);
                }
            }
        }
    }
}
