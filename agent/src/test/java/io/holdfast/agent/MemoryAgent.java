package io.holdfast.agent;

import io.holdfast.config.ClusterSettings;
import io.holdfast.metrics.io.Exposition;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TimelineBook;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Event;
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
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.MemberStatus.State;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Requests;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** An agent whose every answer a test can set: db1 leads in epoch 7, db2 streams, db3's agent is away. */
public final class MemoryAgent implements AgentView {
    /** When everything in it happened. */
    public static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");

    /** The shared state. */
    public volatile ClusterState state = threeMembers();
    /** Whether a majority is heard. */
    public volatile boolean quorum = true;
    /** The PostgreSQL beside it. */
    public volatile LocalPostgres reading = primary();
    /** Whether its hold lives. */
    public volatile boolean lease = true;
    /** Whether its hold rests on promises. */
    public volatile boolean failsafe;
    /** How long ago its loop turned. */
    public volatile Duration sinceLastTurn = Duration.ofMillis(200);
    /** Its events. */
    public final List<Event> events = new ArrayList<>();
    /** The versions of the settings. */
    public final List<SettingsVersion> settings = new ArrayList<>();
    /** Its alerts. */
    public volatile AlertReport alerts = AlertReport.NOTHING;
    /** Its operations. */
    public final List<Operation> operations = new ArrayList<>();

    @Override
    public String cluster() {
        return "orders";
    }

    @Override
    public MemberName self() {
        return new MemberName("db1");
    }

    @Override
    public ClusterState state() {
        return state;
    }

    @Override
    public Consensus.Status consensus() {
        return new Consensus.Status(Optional.of(new MemberName("db2")), 3, Map.of(), quorum);
    }

    @Override
    public LocalPostgres reading() {
        return reading;
    }

    @Override
    public boolean holdsLease() {
        return lease;
    }

    @Override
    public boolean isOnFailsafe() {
        return failsafe;
    }

    @Override
    public Duration sinceLastTurn() {
        return sinceLastTurn;
    }

    @Override
    public List<Turn> turns() {
        return List.of(new Turn(AT, "primary of epoch 7, lease 3.1 s", "Stay", "nothing to do", "done"));
    }

    @Override
    public List<Event> events(long after, int limit) {
        List<Event> newer = events.stream().filter(event -> event.number() > after).toList();
        return newer.subList(Math.max(0, newer.size() - limit), newer.size());
    }

    @Override
    public AlertReport alerts() {
        return alerts;
    }

    @Override
    public List<Operation> operations() {
        return List.copyOf(operations);
    }

    @Override
    public List<SettingsVersion> settings() {
        return List.copyOf(settings);
    }

    @Override
    public String metrics(Exposition form) {
        return "holdfast_turns_total 12\n" + (form == Exposition.OPENMETRICS ? "# EOF\n" : "");
    }

    /** A primary in epoch 7, as PostgreSQL shows it. */
    public static LocalPostgres.Primary primary() {
        return new LocalPostgres.Primary(directory(), Timeline.of(3, 7), Lsn.parse("0/5000148"),
                SyncSet.of(1, List.of(MemberId.of("db2", "bb"))), List.of(), java.util.Set.of(),
                new TreeMap<>(), true);
    }

    /** A standby that has replayed up to a position. */
    public static LocalPostgres.Standby standby(String replayed, boolean streaming) {
        return new LocalPostgres.Standby(directory(), Timeline.of(3, 7), Lsn.parse(replayed), Lsn.parse(replayed), true,
                null, streaming, streaming, SyncSet.NOBODY, 0);
    }

    /** The identity of its data directory. */
    public static LocalPostgres.Directory directory() {
        return new LocalPostgres.Directory(new Incarnation("aa"), "7001",
                new TimelineBook(new Epoch(7), new TreeMap<>()));
    }

    /** The same state with another sync set. */
    public static ClusterState withSync(ClusterState old, SyncSet sync) {
        return new ClusterState(old.revision(), old.cluster(), old.settings(), old.leadership(), old.leaseAlive(),
                old.position(), new Versioned<>(sync, 50), old.failsafe(), old.attachments(), old.history(),
                old.members(),
                old.statuses(), old.suspicions(), old.requests(), old.measured());
    }

    /** The same state with another delay in the status of a member. */
    public static ClusterState withDelay(ClusterState old, String member, double seconds) {
        TreeMap<MemberName, MemberStatus> statuses = new TreeMap<>(old.statuses());
        statuses.computeIfPresent(new MemberName(member), (name, s) -> new MemberStatus(s.member(), s.role(), s.state(),
                s.timeline(), s.lsn(), s.replayed(), seconds, s.rewindable(), s.since(), s.why()));
        return new ClusterState(old.revision(), old.cluster(), old.settings(), old.leadership(), old.leaseAlive(),
                old.position(), old.sync(), old.failsafe(), old.attachments(), old.history(), old.members(), statuses,
                old.suspicions(),
                old.requests(), old.measured());
    }

    /** The same state with the tags of a member replaced. */
    public static ClusterState withTags(ClusterState old, String member, Map<String, String> tags) {
        TreeMap<MemberName, MemberRecord> members = new TreeMap<>(old.members());
        members.put(new MemberName(member), record(member, tags));
        return new ClusterState(old.revision(), old.cluster(), old.settings(), old.leadership(), old.leaseAlive(),
                old.position(), old.sync(), old.failsafe(), old.attachments(), old.history(), members, old.statuses(),
                old.suspicions(),
                old.requests(), old.measured());
    }

    private static ClusterState threeMembers() {
        TreeMap<MemberName, MemberRecord> members = new TreeMap<>();
        for (String name : List.of("db1", "db2", "db3")) {
            members.put(new MemberName(name), record(name, Map.of()));
        }
        TreeMap<MemberName, MemberStatus> statuses = new TreeMap<>();
        statuses.put(new MemberName("db1"), new MemberStatus(MemberId.of("db1", "aa"), Role.PRIMARY, State.RUNNING,
                Timeline.of(3, 7), Lsn.parse("0/5000148"), Lsn.parse("0/5000148"), 0, true, AT,
                "took over in epoch 7: db2 lost its lease"));
        statuses.put(new MemberName("db2"), new MemberStatus(MemberId.of("db2", "bb"), Role.STANDBY, State.STREAMING,
                Timeline.of(3, 7), Lsn.parse("0/4FFFD48"), Lsn.parse("0/4FFFD48"), 0.34, false, AT.plusSeconds(60),
                "follows db1 in epoch 7"));
        TreeMap<Epoch, Versioned<HistoryEntry>> history = new TreeMap<>();
        history.put(new Epoch(1),
                new Versioned<>(new HistoryEntry(new Epoch(1), MemberId.of("db2", "b0"), null, Lsn.ZERO, 1,
                        null, AT.minusSeconds(3600), "made the cluster"), 1));
        history.put(new Epoch(7),
                new Versioned<>(new HistoryEntry(new Epoch(7), MemberId.of("db1", "aa"), Timeline.of(2, 4),
                        Lsn.parse("0/4000000"), 3, Lsn.parse("0/4000028"), AT, "db2 lost its lease"), 40));
        TreeMap<MemberName, Versioned<Attachment>> attachments = new TreeMap<>();
        attachments.put(new MemberName("db2"),
                new Versioned<>(new Attachment.Attached(MemberId.of("db2", "bb"), new Epoch(7)), 44));
        attachments.put(new MemberName("db3"),
                new Versioned<>(new Attachment.Severed(MemberId.of("db3", "cc"), new Epoch(6),
                        Timeline.of(2, 4), Lsn.parse("0/3FFFFF0"), AT), 38));
        return new ClusterState(48, null, ClusterSettings.DEFAULTS,
                new Versioned<>(new Leadership(MemberId.of("db1", "aa"), new Epoch(7), AT, "db2 lost its lease", null),
                        40),
                true, new LeaderPosition(new Epoch(7), Lsn.parse("0/5000100"), AT),
                new Versioned<>(SyncSet.of(1, List.of(MemberId.of("db2", "bb"), MemberId.of("db3", "cc"))), 45), null,
                attachments,
                history, members, statuses, new TreeMap<>(), Requests.NONE, Measured.DEFAULTS);
    }

    private static MemberRecord record(String name, Map<String, String> tags) {
        String host = "10.0.0." + name.charAt(2);
        return new MemberRecord(new MemberName(name), "id-" + name, host + ":5432", host + ":8009", host + ":8008",
                tags);
    }
}
