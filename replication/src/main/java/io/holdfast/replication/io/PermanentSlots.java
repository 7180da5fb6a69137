package io.holdfast.replication.io;

import io.holdfast.config.SlotSettings;
import io.holdfast.config.SlotSettings.Permanent;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Upkeep;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The slots that the settings declare. Physical ones are made on every member, and on standbys moved on behind the primary's, so
 * that whoever streams through one goes on after a failover. A logical one is the primary's: PostgreSQL 17 and later carries it to
 * standbys itself; before that a new primary makes it anew, and says so. Only what this class has made is dropped: it keeps a list.
 */
final class PermanentSlots {
    private static final Duration ANSWER = Duration.ofSeconds(5);
    /** A logical slot waits until running transactions have ended. */
    private static final Duration LOGICAL = Duration.ofSeconds(30);
    /** The first release that carries logical slots to standbys. */
    private static final int CARRIES = 170_000;

    private final PostgresOptions options;
    private final DurableFiles files;
    private final Monitor monitor;
    private final News news;

    PermanentSlots(PostgresOptions options, DurableFiles files, Monitor monitor, News news) {
        this.options = options;
        this.files = files;
        this.monitor = monitor;
        this.news = news;
    }

    /**
     * A slot that is there.
     *
     * @param type its kind
     * @param active true while somebody uses it
     * @param restart from where on it keeps WAL; null when it keeps none
     * @param carried true on a standby for one that PostgreSQL carries over itself
     */
    private record Found(SlotSettings.Type type, boolean active, @Nullable Lsn restart, boolean carried) {}

    /** Keeps a primary's slots; gives the physical ones that are declared, and from where on they keep WAL. */
    Map<String, Lsn> onPrimary(int version) throws IOException {
        Map<String, Permanent> declared = settings().permanent();
        Set<String> made = made();
        if (declared.isEmpty() && made.isEmpty()) {
            return Map.of();
        }
        Map<String, Found> there = found(version);
        dropWhatIsNotWanted(made, declared, there, Set.of());
        Await.Failure failed = null;
        for (Map.Entry<String, Permanent> slot : declared.entrySet()) {
            Found found = there.get(slot.getKey());
            if (found != null && found.carried() && !made.contains(slot.getKey())) {
                // It came with the leadership, and goes when nobody declares it any more.
                remember(made, slot.getKey());
            }
            if (found == null) {
                remember(made, slot.getKey());
                try {
                    create(slot.getKey(), slot.getValue(), version);
                } catch (Await.Failure e) {
                    failed = e;
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
        Map<String, Lsn> kept = new TreeMap<>();
        declared.forEach((name, slot) -> {
            Found found = there.get(name);
            Lsn restart = found == null || slot.type() != SlotSettings.Type.PHYSICAL ? null : found.restart();
            if (restart != null) {
                kept.put(name, restart);
            }
        });
        return kept;
    }

    /** Keeps a standby's slots: physical ones no further back than the primary's. */
    void onStandby(Upkeep primary, int version) throws IOException {
        Map<String, Permanent> declared = settings().permanent();
        Set<String> made = made();
        if (declared.isEmpty() && made.isEmpty()) {
            return;
        }
        Map<String, Found> there = found(version);
        Set<String> strange = new TreeSet<>();
        for (Map.Entry<String, Permanent> slot : declared.entrySet()) {
            String name = slot.getKey();
            Found found = there.get(name);
            if (slot.getValue().type() == SlotSettings.Type.LOGICAL) {
                // Left from its time as a primary: it would keep WAL here for ever, and stand in the way of the one that is carried.
                if (found != null && !found.carried()) {
                    strange.add(name);
                }
            } else if (found == null) {
                remember(made, name);
                create(name, slot.getValue(), version);
            } else {
                moveOn(name, found, primary.slots().get(name));
            }
        }
        dropWhatIsNotWanted(made, declared, there, strange);
    }

    private void moveOn(String name, Found found, @Nullable Lsn to) {
        if (to != null && found.restart() != null && !found.active() && to.isAfter(found.restart())) {
            // PostgreSQL itself goes no further than what has been replayed.
            monitor.ask("move slot " + name + " on", ANSWER,
                    "select pg_replication_slot_advance('" + name + "', '" + to + "')");
        }
    }

    private void create(String name, Permanent slot, int version) {
        if (slot.type() == SlotSettings.Type.PHYSICAL) {
            monitor.ask("create slot " + name, ANSWER,
                    "select pg_create_physical_replication_slot('" + name + "', true)");
            return;
        }
        if (!monitor.ask("read wal_level", ANSWER, "select current_setting('wal_level')")
                .iterator()
                .next()
                .getString(0)
                .equals("logical")) {
            // The settings have it; it waits for a restart, which the status says.
            return;
        }
        String call = "select pg_create_logical_replication_slot('%s', '%s'%s)".formatted(name, quoted(slot.plugin()),
                version >= CARRIES ? ", false, false, true" : "");
        try (Monitor.Session session = monitor.open(String.valueOf(slot.database()))) {
            session.ask("create slot " + name, LOGICAL, call);
        }
        news.tell(EventType.SLOT_CREATED, "logical slot " + name + " was made on " + options.self()
                + "; changes before this moment are not in it"
                + (version >= CARRIES ? "" : ", for PostgreSQL before 17 does not carry one through a failover"),
                Map.of("slot", name));
    }

    /** Of what this class has made. */
    private void dropWhatIsNotWanted(Set<String> made, Map<String, Permanent> declared, Map<String, Found> there,
            Set<String> strange) throws IOException {
        for (String name : Set.copyOf(made)) {
            Found found = there.get(name);
            Permanent wanted = declared.get(name);
            boolean other = wanted != null && found != null && wanted.type() != found.type();
            if (wanted != null && !other && !strange.contains(name)) {
                continue;
            }
            if (found != null && found.active()) {
                continue;
            }
            if (found != null) {
                monitor.ask("drop slot " + name, ANSWER, "select pg_drop_replication_slot('" + name + "')");
                there.remove(name);
                news.tell(EventType.SLOT_DROPPED, "slot " + name + " was dropped on " + options.self()
                        + (wanted == null ? ": the settings do not name it any more" : ": a standby has no use for it"),
                        Map.of("slot", name));
            }
            made.remove(name);
            files.write(list(), String.join("\n", made));
        }
    }

    private Map<String, Found> found(int version) {
        Map<String, Found> found = new HashMap<>();
        for (Row row : monitor.ask("list the permanent slots", ANSWER,
                "select slot_name, slot_type, active, restart_lsn::text, " + (version >= CARRIES ? "synced" : "false")
                        + " from pg_replication_slots where not temporary")) {
            String restart = row.getString(3);
            found.put(row.getString(0),
                    new Found(
                            row.getString(1).equals("logical") ? SlotSettings.Type.LOGICAL : SlotSettings.Type.PHYSICAL,
                            row.getBoolean(2), restart == null ? null : Lsn.parse(restart), row.getBoolean(4)));
        }
        return found;
    }

    private SlotSettings settings() {
        return options.settings().get().slots();
    }

    // ---- the list of what was made here

    /** Before it is made: a name too many does no harm, one too few would leave a slot for ever. */
    private void remember(Set<String> made, String name) throws IOException {
        made.add(name);
        files.write(list(), String.join("\n", made));
    }

    private Set<String> made() throws IOException {
        Set<String> names = new TreeSet<>();
        if (Files.exists(list())) {
            Files.readString(list(), StandardCharsets.UTF_8).lines().filter(l -> !l.isBlank()).forEach(names::add);
        }
        return names;
    }

    private Path list() {
        return options.state().resolve("permanent-slots");
    }

    private static String quoted(@Nullable String text) {
        return text == null ? "" : text.replace("'", "''");
    }
}
