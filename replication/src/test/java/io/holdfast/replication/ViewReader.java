package io.holdfast.replication;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Durability;
import io.holdfast.config.RestartInPlace;
import io.holdfast.config.SlotSettings;
import io.holdfast.config.WhenAlone;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.Measured;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Pause;
import io.holdfast.statesync.Requests;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Suspicion;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Upkeep;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** From a decision file's lines to a view. Each record of the store gets a version of its own. */
final class ViewReader {
    static final long NOW = 1_000_000;
    static final String SYSTEM = "7001";
    private static final long LEADER_VERSION = 100;
    private static final long SYNC_VERSION = 200;
    private static final long ATTACHMENT_VERSIONS = 300;
    private static final long HISTORY_VERSIONS = 400;
    private static final long HANDOVER_VERSION = 500;
    private static final long ORDER_VERSION = 600;
    private static final long FAILSAFE_VERSION = 700;
    private static final long RESTORE_VERSION = 800;

    private final Map<MemberName, Versioned<Attachment>> attachments = new TreeMap<>();
    private final Map<Epoch, Versioned<HistoryEntry>> history = new TreeMap<>();
    private final Map<MemberName, MemberRecord> members = new TreeMap<>();
    private final Map<MemberName, MemberStatus> statuses = new TreeMap<>();
    private ClusterSettings settings = ClusterSettings.DEFAULTS;
    private @Nullable ClusterRecord cluster = new ClusterRecord("test", SYSTEM, Instant.EPOCH);
    private @Nullable Versioned<Leadership> leadership;
    private boolean leaseAlive;
    private @Nullable LeaderPosition position;
    private @Nullable Versioned<SyncSet> sync;
    private final Map<MemberName, Suspicion> suspicions = new TreeMap<>();
    private final Map<MemberName, Versioned<Order>> orders = new TreeMap<>();
    private Measured measured = Measured.DEFAULTS;
    private @Nullable Pause pause;
    private @Nullable Versioned<Handover> handover;
    private @Nullable Versioned<Restoring> restoring;
    private String restorer = "";
    private String copy = "";
    private String missing = "";
    private @Nullable Hold hold;
    private @Nullable Versioned<Failsafe> failsafe;
    private Pledge pledge = Pledge.begun(0);
    private boolean leashed;
    private @Nullable MemberId self;
    private @Nullable Words postgres;
    private @Nullable Words memory;

    private ViewReader() {}

    static View read(List<String> lines) {
        ViewReader reader = new ViewReader();
        lines.forEach(reader::line);
        return reader.view();
    }

    private View view() {
        MemberId me = self;
        if (me == null || postgres == null) {
            throw new IllegalArgumentException("no line says 'self'");
        }
        ClusterState state = new ClusterState(1000, cluster, settings, leadership, leaseAlive, position, sync, failsafe,
                new TreeMap<>(attachments), new TreeMap<>(history), new TreeMap<>(members), new TreeMap<>(statuses),
                new TreeMap<>(suspicions), new Requests(pause, handover, new TreeMap<>(orders), restoring), measured);
        LocalPostgres reading = new PostgresReader(me, postgres, state).read();
        postgres.end();
        return new View(NOW, Instant.EPOCH, me.name(), "test", new Incarnation("new"), reading, state, hold, leashed,
                memory == null ? Memory.NOTHING : memory(memory, me, sync), pledge,
                new Supplies(restorer, copy, missing));
    }

    private void line(String line) {
        Words words = new Words(line);
        String first = words.next();
        switch (first) {
            case "leader" -> leader(words);
            case "cluster" -> {
                cluster = null;
                words.has("unrecorded");
                missing = words.has("elsewhere") ? "the first data are elsewhere" : "";
            }
            case "sync" -> sync = new Versioned<>(Words.set(words.next()), SYNC_VERSION);
            case "position" ->
                position = new LeaderPosition(Words.epoch(words.next()), Lsn.parse(words.next()), Instant.EPOCH);
            case "history" -> history(words);
            case "settings" -> settings = settings(words);
            case "hold" -> {
                boolean byPromise = words.has("by-promise");
                hold = new Hold(Words.epoch(words.next()), NOW + words.after("for=").map(Long::valueOf).orElse(3000L),
                        byPromise);
                leashed = !words.has("unleashed");
            }
            case "leash" -> leashed = true;
            case "failsafe" -> failsafe(words);
            case "pledge" -> pledge = pledge(words);
            case "suspected" -> suspected(words);
            case "measured" -> measured = new Measured(words.after("restart=").map(Long::valueOf).orElseThrow(),
                    words.after("hand-over=").map(Long::valueOf).orElseThrow(), 1000);
            case "paused" -> pause = new Pause(words.next(), Instant.EPOCH, "");
            case "handover" -> handover(words);
            case "order" -> order(words);
            case "restoring" -> restoring(words);
            case "copy" -> copy = words.next();
            case "memory" -> memory = words;
            case "self" -> {
                String name = words.next();
                self = Words.member(name.substring(0, name.length() - 1));
                member(self, words, false);
                postgres = words;
            }
            default -> {
                if (!first.endsWith(":")) {
                    throw new IllegalArgumentException("not understood: '" + line + "'");
                }
                member(Words.member(first.substring(0, first.length() - 1)), words, true);
            }
        }
        if (words != postgres && words != memory) {
            words.end();
        }
    }

    private void leader(Words words) {
        String[] parts = words.next().split("/", 2);
        boolean released = words.has("released");
        Optional<MemberName> to = words.after("to=").map(MemberName::new);
        Leadership.Release release = released
                ? new Leadership.Release(to.orElse(null), Instant.EPOCH, words.quoted().orElse("PostgreSQL is down"))
                : null;
        leaseAlive = !words.has("expired") && !released;
        leadership = new Versioned<>(new Leadership(Words.member(parts[0]), Words.epoch(parts[1]), Instant.EPOCH,
                words.quoted().orElse("it was elected"), release), LEADER_VERSION);
    }

    private void failsafe(Words words) {
        TreeSet<MemberName> members = new TreeSet<>();
        for (String name : words.next().split(",", -1)) {
            members.add(new MemberName(name));
        }
        failsafe = new Versioned<>(
                new Failsafe(members, words.after("for=").map(Long::valueOf).orElse(5000L)), FAILSAFE_VERSION);
    }

    /** What a process has promised that has run for long, if nothing else is said. */
    private static Pledge pledge(Words words) {
        Pledge read = Pledge.begun(words.after("started=").map(ViewReader::ago).orElse(0L))
                .withOwnList(words.has("wrote-list") ? FAILSAFE_VERSION : 0);
        Optional<String> to = words.after("promised=");
        if (to.isPresent()) {
            String[] parts = to.get().split("/", 2);
            read = read.promised(new Pledge.Promise(new MemberName(parts[0]), Words.epoch(parts[1]),
                    NOW + words.after("for=").map(Long::valueOf).orElse(3000L)));
        }
        return words.has("open") ? read.sends(new Pledge.Claim(LEADER_VERSION, SYNC_VERSION, Map.of())) : read;
    }

    private void suspected(Words words) {
        for (String by : words.next().split(",", -1)) {
            MemberName name = new MemberName(by);
            suspicions.put(name, new Suspicion(name, Epoch.NONE, Instant.EPOCH, by + " cannot use its PostgreSQL"));
        }
    }

    private void handover(Words words) {
        Epoch epoch = Words.epoch(words.next());
        handover = new Versioned<>(new Handover("h1", epoch, words.after("to=").map(MemberName::new).orElse(null),
                words.has("forced"), words.has("dry"), words.has("begun"), "anna", Instant.EPOCH), HANDOVER_VERSION);
    }

    private void restoring(Words words) {
        MemberName member = new MemberName(words.next());
        restorer = words.has("ready") ? "r1" : "";
        Restoring.Phase phase = words.has("overwriting")
                ? Restoring.Phase.OVERWRITING
                : words.has("restored") ? Restoring.Phase.RESTORED : Restoring.Phase.STOPPING;
        restoring = new Versioned<>(
                new Restoring("r1", member, "name=monday", phase, Set.of(), null, "anna", Instant.EPOCH),
                RESTORE_VERSION);
    }

    private void order(Words words) {
        Order.Kind kind = Order.Kind.valueOf(words.next().toUpperCase(Locale.ROOT));
        MemberId member = Words.member(words.next());
        orders.put(member.name(),
                new Versioned<>(new Order("o1", member, kind, "anna", Instant.EPOCH), ORDER_VERSION));
    }

    private void history(Words words) {
        Epoch epoch = Words.epoch(words.next());
        MemberId holder = Words.member(words.next());
        Timeline from = words.after("from=").map(Words::timeline).orElse(null);
        Lsn at = words.after("at=").map(Lsn::parse).orElse(Lsn.ZERO);
        boolean restored = words.has("by-restore");
        Integer timeline = words.after("timeline=").map(Integer::valueOf).orElse(null);
        Lsn switched = timeline == null ? null : words.after("switched=").map(Lsn::parse).orElse(at);
        history.put(epoch, new Versioned<>(new HistoryEntry(epoch, holder, from, at, timeline, switched, Instant.EPOCH,
                "it was elected", restored), HISTORY_VERSIONS + epoch.number()));
    }

    private static ClusterSettings settings(Words words) {
        ClusterSettings d = ClusterSettings.DEFAULTS;
        return new ClusterSettings(words.has("async") ? Durability.ASYNC : d.durability(),
                words.after("acks=").map(Integer::valueOf).orElse(d.acks()), d.lease(), d.suspectAfter(),
                words.after("settle=").map(Long::valueOf).map(Duration::ofMillis).orElse(d.settle()),
                words.after("max-lag=").map(Long::valueOf).orElse(d.maxLagBytes()),
                words.has("when-alone=wait") ? WhenAlone.WAIT : WhenAlone.CONTINUE, d.cooldown(),
                words.has("restart-in-place=never") ? RestartInPlace.NEVER : RestartInPlace.AUTO, words.has("failsafe"),
                Map.of(),
                new SlotSettings(
                        words.after("keep-absent=")
                                .map(Long::valueOf)
                                .map(Duration::ofMillis)
                                .orElse(d.slots().keepAbsent()),
                        Map.of()),
                d.approvals(), d.alerts());
    }

    /** What the store has of a member: its record, its attachment, and of the others what their agents tell. */
    private void member(MemberId id, Words words, boolean other) {
        boolean witness = words.has("witness");
        members.put(id.name(),
                new MemberRecord(id.name(), "agent", witness ? "" : id.name() + ":5432", "", "", tags(words)));
        attachment(id, words);
        if (!other) {
            return;
        }
        MemberStatus.Role role = witness
                ? MemberStatus.Role.WITNESS
                : words.has("primary")
                        ? MemberStatus.Role.PRIMARY
                        : words.has("standby")
                                ? MemberStatus.Role.STANDBY
                                : words.has("down") ? MemberStatus.Role.DOWN : null;
        if (role == null && !words.has("gone")) {
            throw new IllegalArgumentException(id + " is primary, standby, down, witness or gone");
        }
        if (role != null) {
            statuses.put(id.name(), new MemberStatus(id, role, MemberStatus.State.RUNNING, null, null, null, 0,
                    !words.has("unrewindable"), Instant.EPOCH, "it is")
                    .with(new Upkeep(new TreeSet<>(), Map.of(),
                            words.after("oldest=").map(Lsn::parse).orElse(null), Map.of())));
        }
    }

    private static Map<String, String> tags(Words words) {
        Map<String, String> tags = new TreeMap<>();
        words.after("priority=").ifPresent(p -> tags.put("failover-priority", p));
        words.after("zone=").ifPresent(z -> tags.put("zone", z));
        if (words.has("nosync")) {
            tags.put("nosync", "true");
        }
        return tags;
    }

    private void attachment(MemberId id, Words words) {
        MemberId recorded = words.after("recorded=").map(Words::member).orElse(id);
        Optional<Attachment> attached = words.after("attached/")
                .map(e -> new Attachment.Attached(recorded, Words.epoch(e)));
        Optional<Attachment> severed = words.after("severed/").map(text -> {
            String[] parts = text.split(":", 3);
            return new Attachment.Severed(recorded, Words.epoch(parts[0]), Words.timeline(parts[1]),
                    Lsn.parse(parts[2]), Instant.EPOCH);
        });
        severed.or(() -> attached)
                .ifPresent(a -> attachments.put(id.name(),
                        new Versioned<>(a, ATTACHMENT_VERSIONS + id.name().value().charAt(0))));
    }

    private static Memory memory(Words words, MemberId me, @Nullable Versioned<SyncSet> sync) {
        Map<MemberId, Long> missing = new TreeMap<>();
        words.after("missing=").ifPresent(text -> {
            for (String each : text.split(",", -1)) {
                String[] parts = each.split(":", 2);
                missing.put(Words.member(parts[0]), NOW - Long.parseLong(parts[1]));
            }
        });
        Map<String, Memory.Failure> failures = new TreeMap<>();
        words.after("failed=").ifPresent(text -> {
            String[] parts = text.split(":", 2);
            failures.put(parts[0], new Memory.Failure(1, NOW + Long.parseLong(parts[1]), "no space left on device"));
        });
        Memory read = new Memory(words.after("claimed=@").map(Incarnation::new).orElse(null),
                words.has("wrote-sync") && sync != null ? sync.version() : 0,
                words.has("wrote-attachment") ? ATTACHMENT_VERSIONS + me.name().value().charAt(0) : 0,
                words.after("in-force=").map(ViewReader::inForce).orElse(null),
                words.after("plan=").map(ViewReader::plan).orElse(null),
                words.after("took-back=").map(Words::epoch).orElse(Epoch.NONE),
                words.after("acted=").orElse(""), words.after("prepared=").orElse(""),
                words.after("leaderless=").map(ViewReader::ago).orElse(null),
                words.after("primary-for=").map(ViewReader::ago).orElse(null),
                words.after("stopping=").map(ViewReader::ago).orElse(null),
                words.after("hung=").map(ViewReader::ago).orElse(null),
                words.after("written=").map(Lsn::parse).orElse(null), Epoch.NONE,
                words.after("epoch-for=").map(ViewReader::ago).orElse(null),
                0, words.after("severed-for=").map(ViewReader::ago).orElse(null),
                words.after("in-place=").map(ViewReader::ago).orElse(null), missing, failures);
        words.end();
        return read;
    }

    private static Memory.InForce inForce(String text) {
        int at = text.lastIndexOf('@');
        return new Memory.InForce(Words.set(text.substring(0, at)), Lsn.parse(text.substring(at + 1)));
    }

    private static Memory.Plan plan(String text) {
        String[] parts = text.split("/", 2);
        return new Memory.Plan(Words.epoch(parts[1]), Memory.Plan.Next.valueOf(parts[0].toUpperCase(Locale.ROOT)),
                null);
    }

    private static long ago(String millis) {
        return NOW - Long.parseLong(millis);
    }
}
