package io.holdfast.statesync.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.KeyFamily;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateImage;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.StoreMachine;
import io.holdfast.statesync.Successor;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Txn.Operation.Append;
import io.holdfast.statesync.TxnResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Brings an image of the shared state back. What only tells of the past comes first, in several transactions, each of which says the
 * same when it is made again; users, settings and who leads come last, in one. Killed before that, it has changed nothing that
 * anybody decides by, and is begun again, with this image or another.
 */
public final class ImageImport {
    /** The code of what is refused since it would take the place of something. */
    public static final String NOT_EMPTY = "HF-1016";
    /** An imported leadership has the next multiple as its epoch, so that none counts twice that the image did not know of. */
    static final long EPOCHS = 1000;
    /** The consensus carries a megabyte at once. */
    private static final int MOST_TOGETHER = 700_000;
    private static final int SOME_TOGETHER = 200_000;
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 5;

    private final StateStore store;
    private final ClusterJson json;
    private final Function<String, ClusterSettings> settings;
    private final String cluster;

    /**
     * Into a store.
     *
     * @param settings reads the cluster's settings
     * @param cluster the cluster's name
     */
    public ImageImport(StateStore store, ClusterJson json, Function<String, ClusterSettings> settings, String cluster) {
        this.store = store;
        this.json = json;
        this.settings = settings;
        this.cluster = cluster;
    }

    /** True for a problem of an image: it is as it should be asked for, and cannot be done. */
    public static boolean isOfImages(Problem problem) {
        return problem.code().startsWith("HF-101") || problem.code().startsWith("HF-102");
    }

    /**
     * What came of it.
     *
     * @param entries how many entries of the image are there now
     * @param epoch the epoch of the leadership that was made; null where a cluster went on under its own
     */
    public record Imported(int entries, @Nullable Epoch epoch) {}

    /**
     * What is there already.
     *
     * @param led true when somebody leads, or led: then the cluster stays as it is, and gets users and settings
     */
    public record Place(boolean led) {}

    /**
     * Whether an image may be brought back here; nothing is changed.
     *
     * @param replace whether users and settings may take the place of others
     * @throws HoldfastException HF-1015 to HF-1019
     */
    public Place check(StateImage image, boolean replace) {
        return check(image, replace, now());
    }

    private Place check(StateImage image, boolean replace, Snapshot now) {
        if (!image.header().cluster().equals(cluster)) {
            throw new Problem("HF-1015",
                    "the image is of cluster '" + image.header().cluster() + "', this is '" + cluster + "'",
                    "ask an agent of that cluster, or name another image.").toException();
        }
        ClusterState state = json.read(now);
        ClusterRecord record = state.cluster();
        if (record == null && state.leadership() != null) {
            throw new Problem(NOT_EMPTY, state.leadership().value().holder().name() + " makes a new cluster just now",
                    "wait until it has its first primary, or stop that agent and empty every state directory.")
                    .toException();
        }
        if (record != null && !record.systemId().equals(image.header().systemId())) {
            throw otherSystem(image, record.systemId());
        }
        boolean people = now.entries()
                .keySet()
                .stream()
                .anyMatch(
                        key -> key.startsWith(Keys.USERS) || key.startsWith(Keys.SERVICE_TOKENS));
        if ((people || record != null) && !replace) {
            throw new Problem(NOT_EMPTY,
                    "the shared state has " + (record == null ? "users" : "a cluster") + " already",
                    "with --replace its settings, users and service tokens become those of the image; who leads stays.")
                    .toException();
        }
        state.members()
                .values()
                .stream()
                .filter(one -> one.format() < StoreMachine.FORMAT)
                .findFirst()
                .ifPresent(one -> {
                    throw new Problem("HF-1019", "the agent of " + one.name() + " is of an earlier release",
                            "run the same release on all members first.").toException();
                });
        if (record == null && image.of(KeyFamily.CLUSTER).findAny().isEmpty()) {
            throw new Problem("HF-1017", "the image is of a cluster that had no primary yet",
                    "there is nothing to bring back: a new cluster makes itself.").toException();
        }
        return new Place(record != null);
    }

    private static HoldfastException otherSystem(StateImage image, String found) {
        return new Problem("HF-1017",
                "the image is of a database with system identifier " + image.header().systemId() + ", this one has "
                        + found,
                "it is another database's: take an image of this one.").toException();
    }

    /**
     * Brings it back.
     *
     * @param successor who leads then; not asked for where somebody leads already
     * @param by who wants it
     * @throws HoldfastException HF-1015 to HF-1020; HF-1009 when the store did not confirm it, and it may be begun again
     */
    public Imported run(StateImage image, boolean replace, @Nullable Successor successor, String by, Instant at) {
        Snapshot now = now();
        Place place = check(image, replace, now);
        if (!place.led() && successor == null) {
            throw new IllegalArgumentException("nobody would lead");
        }
        if (successor != null && !successor.systemId().equals(image.header().systemId())) {
            throw otherSystem(image, successor.systemId());
        }
        String last = size(last(image, place, successor, by, at, now, 0).build());
        if (!last.isEmpty()) {
            throw new Problem("HF-1018", "the image is too large: " + last,
                    "this is a limit of this release; ask for help with the image at hand.").toException();
        }
        long mark = mark(image);
        for (Txn.Builder part : past(image, now, at)) {
            commit(part.versionIs(Keys.IMPORT, mark).build());
        }
        Epoch epoch = null;
        for (int attempt = 0;; attempt++) {
            Snapshot before = now();
            Place still = check(image, replace, before);
            if (still.led() != place.led()) {
                throw overtaken();
            }
            TxnResult done = store.commit(last(image, place, successor, by, at, before, mark).build(), WITHIN);
            if (done instanceof TxnResult.Applied) {
                epoch = place.led() || successor == null ? null : epoch(image, successor);
                break;
            }
            if (done instanceof TxnResult.Unknown) {
                throw away();
            }
            if (attempt == ATTEMPTS) {
                throw overtaken();
            }
        }
        return new Imported(image.header().counts().values().stream().mapToInt(Integer::intValue).sum(), epoch);
    }

    private Snapshot now() {
        Snapshot now = store.range("", WITHIN);
        if (now.stale()) {
            throw away();
        }
        return now;
    }

    /** Whoever imports at the same time finds that its own mark is gone. */
    private long mark(StateImage image) {
        return commit(Txn.when().put(Keys.IMPORT, json.write(image.header().checksum())).build());
    }

    private long commit(Txn txn) {
        return switch (store.commit(txn, WITHIN)) {
            case TxnResult.Applied applied -> applied.revision();
            case TxnResult.Conflict _ -> throw overtaken();
            case TxnResult.Unknown _ -> throw away();
        };
    }

    private static HoldfastException overtaken() {
        return new Problem("HF-1020", "the shared state was changed by others while the image was brought back",
                "see 'holdfast status'; users and settings are still as they were. Begin again.").toException();
    }

    private static HoldfastException away() {
        return new Problem("HF-1009", "the shared state did not confirm it",
                "It needs a majority of agents; then run the same again: it goes on from what it finds.").toException();
    }

    // ---- the past

    /** What only tells of the past, in transactions that are not too large. */
    private List<Txn.Builder> past(StateImage image, Snapshot now, Instant at) {
        List<Txn.Builder> parts = new ArrayList<>();
        Txn.Builder part = Txn.when();
        int bytes = 0;
        for (StateImage.Item item : image.items()) {
            Optional<StateImage.Item> wanted = ofPast(item, now, at);
            if (wanted.isPresent()) {
                part.put(wanted.get().key(), wanted.get().value());
                bytes += bytes(wanted.get());
                if (bytes > SOME_TOGETHER) {
                    parts.add(part);
                    part = Txn.when();
                    bytes = 0;
                }
            }
        }
        parts.add(part);
        parts.addAll(events(image, now));
        return parts;
    }

    private Optional<StateImage.Item> ofPast(StateImage.Item item, Snapshot now, Instant at) {
        KeyFamily family = KeyFamily.of(item.key()).orElse(KeyFamily.IMPORT);
        return switch (family) {
            case OPERATIONS -> Optional.of(new StateImage.Item(item.key(), ended(item.value(), at)));
            case SIGNERS -> signer(item, now);
            case MEASURED, BACKUP_DUE, DRILL_DUE, DRILL_PROOF, ALERTS_SILENCES, REMOVED, REDIS_FINDINGS,
                    REDIS_ACTIONS ->
                now.get(item.key()).isPresent() ? Optional.empty() : Optional.of(item);
            default -> Optional.empty();
        };
    }

    private String ended(String operation, Instant at) {
        Operation was = json.read(operation, Operation.class);
        return was.state().isEnd()
                ? operation
                : json.write(was.as(Operation.State.FAILED, "the shared state was lost while it was at work", at));
    }

    /** A member that lost its key signs by another one now; its backups of before are believed all the same. */
    private static Optional<StateImage.Item> signer(StateImage.Item item, Snapshot now) {
        boolean known = now.entries()
                .entrySet()
                .stream()
                .anyMatch(entry -> entry.getKey().startsWith(Keys.SIGNERS)
                        && entry.getValue().value().equals(item.value()));
        if (known) {
            return Optional.empty();
        }
        return Optional.of(now.get(item.key()).isEmpty()
                ? item
                : new StateImage.Item(item.key() + "~" + Integer.toHexString(item.value().hashCode()), item.value()));
    }

    /** An event is there once, though its member's own file has brought it already, or this was done before. */
    private List<Txn.Builder> events(StateImage image, Snapshot now) {
        Set<String> there = new HashSet<>();
        now.entries().forEach((key, entry) -> {
            if (key.startsWith(Keys.EVENTS)) {
                there.add(name(entry.value()));
            }
        });
        String source = "image-" + image.header().checksum().substring(0, 12);
        List<Txn.Builder> parts = new ArrayList<>();
        List<Append.Item> batch = new ArrayList<>();
        int bytes = 0;
        for (StateImage.Item item : image.of(KeyFamily.EVENTS).toList()) {
            if (there.contains(name(item.value()))) {
                continue;
            }
            batch.add(new Append.Item(Keys.numberOf(item.key()), item.value()));
            bytes += bytes(item);
            if (bytes > SOME_TOGETHER) {
                parts.add(Txn.when().append(Keys.EVENTS_LOG, source, batch, EventLog.KEPT));
                batch = new ArrayList<>();
                bytes = 0;
            }
        }
        parts.add(Txn.when().append(Keys.EVENTS_LOG, source, batch, EventLog.KEPT));
        return parts;
    }

    /** What an event is known by: its member and the time of that one's clock. */
    private String name(String value) {
        try {
            Event event = json.read(value, Event.class);
            return event.clock() == null
                    ? event.member() + " " + event.at() + event.text()
                    : event.member() + " " + event.clock();
        } catch (HoldfastException e) {
            return value;
        }
    }

    // ---- what counts

    /** Users, settings and who leads, all at once. */
    private Txn.Builder last(StateImage image, Place place, @Nullable Successor successor, String by, Instant at,
            Snapshot now, long mark) {
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.IMPORT, mark)
                .versionIs(Keys.CLUSTER, version(now, Keys.CLUSTER))
                .versionIs(Keys.SETTINGS, version(now, Keys.SETTINGS))
                .delete(Keys.IMPORT);
        Set<String> kept = new HashSet<>();
        for (KeyFamily family : List.of(KeyFamily.SETTINGS, KeyFamily.SETTINGS_VERSIONS, KeyFamily.USERS,
                KeyFamily.SERVICE_TOKENS)) {
            image.of(family).forEach(item -> {
                txn.put(item.key(), item.value());
                kept.add(item.key());
            });
        }
        for (String prefix : List.of(Keys.USERS, Keys.SERVICE_TOKENS, Keys.SETTINGS_VERSIONS, Keys.SESSIONS)) {
            now.entries()
                    .keySet()
                    .stream()
                    .filter(key -> key.startsWith(prefix) && !kept.contains(key) && !key.equals(Keys.SESSION_ROUND))
                    .forEach(txn::delete);
        }
        if (!place.led() && successor != null) {
            txn.versionIs(Keys.LEADER, 0);
            image.of(KeyFamily.CLUSTER).forEach(item -> txn.put(item.key(), item.value()));
            image.of(KeyFamily.HISTORY).forEach(item -> txn.put(item.key(), item.value()));
            lead(txn, image, successor, by, at);
        }
        return txn;
    }

    /** As a new holder takes the leadership, but for the compares: there is none before it. */
    private void lead(Txn.Builder txn, StateImage image, Successor successor, String by, Instant at) {
        Epoch epoch = epoch(image, successor);
        String why = by + " brought the shared state back from an image of " + image.header().at();
        Leadership leadership = new Leadership(successor.member(), epoch, at, why, null);
        ClusterSettings wanted = image.of(KeyFamily.SETTINGS)
                .findFirst()
                .map(item -> settings.apply(item.value()))
                .orElse(ClusterSettings.DEFAULTS);
        txn.put(Keys.LEADER, json.write(leadership))
                .grant(leadership.lease(), wanted.lease())
                .put(Keys.LEASE, epoch.toString(), leadership.lease())
                .put(Keys.SYNC, json.write(SyncSet.EMPTY))
                .put(Keys.history(epoch), json.write(new HistoryEntry(epoch, successor.member(),
                        timeline(image, successor), successor.checkpoint(), null, null, at, why)));
    }

    /** The timeline of its WAL; of no epoch where neither its own record nor the image knows who made it. */
    private Timeline timeline(StateImage image, Successor successor) {
        Epoch epoch = successor.known();
        return new Timeline(successor.timelineId(),
                epoch == null ? book(image).getOrDefault(successor.timelineId(), Epoch.NONE) : epoch);
    }

    /** Which epoch made each timeline on the way to the last leadership of an image; a data directory without a record gets it. */
    public NavigableMap<Integer, Epoch> book(StateImage image) {
        NavigableMap<Integer, Epoch> book = new TreeMap<>();
        image.of(KeyFamily.HISTORY).map(item -> json.read(item.value(), HistoryEntry.class)).forEach(entry -> {
            Timeline made = entry.timeline();
            if (made != null) {
                book.put(made.id(), made.epoch());
            }
        });
        return book;
    }

    private Epoch epoch(StateImage image, Successor successor) {
        long highest = Math.max(image.header().epoch(), successor.highest().number());
        long inHistory = image.of(KeyFamily.HISTORY)
                .mapToLong(item -> json.read(item.value(), HistoryEntry.class).epoch().number())
                .max()
                .orElse(0);
        return new Epoch((Math.max(highest, inHistory) / EPOCHS + 1) * EPOCHS);
    }

    private static long version(Snapshot now, String key) {
        return now.get(key).map(Entry::version).orElse(0L);
    }

    private static int bytes(StateImage.Item item) {
        return item.key().length() + item.value().getBytes(StandardCharsets.UTF_8).length + 20;
    }

    /** Empty when it is not too large. */
    private static String size(Txn txn) {
        long bytes = txn.operations()
                .stream()
                .mapToLong(operation -> operation instanceof Txn.Operation.Put put
                        ? bytes(new StateImage.Item(put.key(), put.value()))
                        : 0)
                .sum();
        return bytes <= MOST_TOGETHER ? "" : bytes + " bytes of users, settings and history";
    }
}
