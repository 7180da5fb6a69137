package io.holdfast.agent;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Disk;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemberStatus.Role;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.holdfast.statesync.Versioned;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The cluster at a glance: what {@code holdfast status} shows and the API answers.
 *
 * @param cluster the cluster's name
 * @param epoch the current leadership's number, 0 before the first
 * @param timeline the current timeline's number; null before the first primary
 * @param paused true while no automatic failover happens
 * @param durability {@code quorum} or {@code async}
 * @param acks how many of {@code syncSet} must flush a commit; 0: nobody is waited for
 * @param syncSet the standbys that count
 * @param quorum true when the agent that answers hears a majority of agents; if not, all of this may be old
 * @param leader the holder of the leadership, while its lease lives
 * @param answeredBy the member whose agent answers
 * @param failsafe true when the member whose agent answers is a primary that could not renew its lease, and goes on because all other
 *     members have promised not to become one
 * @param restoring who restores the whole cluster, to what, and how far that is; null when nobody does
 * @param alerts what fires and is not silenced, the worst first, such as {@code disk-low db1}
 * @param members all members, by name
 */
public record StatusReport(String cluster, long epoch, @Nullable Integer timeline, boolean paused, String durability,
        int acks, List<String> syncSet, boolean quorum, @Nullable String leader, String answeredBy,
        boolean failsafe, @Nullable String restoring, List<String> alerts, List<Member> members) {

    /**
     * One member.
     *
     * @param name its name
     * @param role {@code primary}, {@code standby}, {@code witness} or {@code down}
     * @param state what it is doing, in lower case with hyphens
     * @param timeline its timeline's number, if known
     * @param lsn the end of its WAL, if known
     * @param lagBytes how far its WAL is behind the primary's, if both are known
     * @param lagSeconds for how long it has known of WAL of the primary that it has not replayed; 0 when it has replayed all
     *     that it knows of, null when the primary is not heard
     * @param syncState {@code sync} when every commit waits for it, {@code quorum} when it is one of those waited for,
     *     {@code async} for another standby, null for a member that is none
     * @param postgres PostgreSQL's address, empty for a witness
     * @param agent the agent's API address
     * @param health the agent's health address
     * @param since when its role or state last changed; null when its agent does not answer
     * @param why why it is what it is
     * @param tags what is particular about it, by the names of the configuration; empty for a witness
     * @param pendingRestart PostgreSQL's parameters that take effect at its next restart
     * @param disk the storage of its PostgreSQL: {@code ok}, {@code low}, {@code unwritable} or {@code hung}; null when not known
     * @param diskFreePercent room that is left there, 0 to 100; null when not known
     */
    public record Member(String name, String role, String state, @Nullable Integer timeline, @Nullable String lsn,
            @Nullable Long lagBytes, @Nullable Double lagSeconds, @Nullable String syncState, String postgres,
            String agent, String health, @Nullable Instant since, String why, Map<String, String> tags,
            List<String> pendingRestart, @Nullable String disk, @Nullable Integer diskFreePercent) {
        /** Takes immutable copies. */
        public Member {
            tags = Collections.unmodifiableMap(new TreeMap<>(tags));
            pendingRestart = List.copyOf(pendingRestart);
        }
    }

    /** Takes immutable copies. */
    public StatusReport {
        syncSet = List.copyOf(syncSet);
        alerts = List.copyOf(alerts);
        members = List.copyOf(members);
    }

    /** What an agent sees now. */
    public static StatusReport of(AgentView agent) {
        ClusterState state = agent.state();
        Consensus.Status consensus = agent.consensus();
        SyncSet sync = state.sync() == null ? SyncSet.EMPTY : state.sync().value();
        TreeSet<MemberName> names = new TreeSet<>(state.members().keySet());
        names.addAll(state.statuses().keySet());
        List<Member> members = new ArrayList<>();
        for (MemberName name : names) {
            members.add(member(name, state, sync));
        }
        Versioned<Leadership> leadership = state.leadership();
        return new StatusReport(agent.cluster(), state.epoch().number(), timeline(state),
                state.requests().pause() != null,
                state.settings().durability().name().toLowerCase(Locale.ROOT), sync.acks(),
                sync.members().stream().map(m -> m.name().value()).toList(), consensus.hasQuorum(),
                state.isLed() && leadership != null ? leadership.value().holder().name().value() : null,
                agent.self().value(), agent.isOnFailsafe(), restoring(state), agent.alerts().firingNames(), members);
    }

    /** In words; null when the cluster is not restored. */
    static @Nullable String restoring(ClusterState state) {
        Versioned<Restoring> record = state.requests().restoring();
        return record == null ? null : record.value().words() + ": it " + record.value().phase().words();
    }

    private static Member member(MemberName name, ClusterState state, SyncSet sync) {
        MemberRecord about = state.members().get(name);
        MemberStatus status = state.statuses().get(name);
        String postgres = about == null ? "" : about.postgres();
        String agent = about == null ? "" : about.agent();
        String health = about == null ? "" : about.health();
        Map<String, String> tags = about == null ? Map.of() : about.tags();
        if (status == null) {
            return new Member(name.value(), "down", "stopped", null, null, null, null, null, postgres, agent, health,
                    null,
                    "its agent does not answer; whether PostgreSQL runs there is not known", tags, List.of(), null,
                    null);
        }
        boolean standby = status.role() == Role.STANDBY;
        Lsn head = head(state);
        Lsn own = status.lsn();
        Long lag = !serves(status) || head == null || own == null ? null : Math.max(0L, standby ? head.minus(own) : 0L);
        Timeline timeline = status.timeline();
        Disk disk = status.upkeep().disk();
        return new Member(name.value(), word(status.role()), word(status.state()),
                timeline == null ? null : timeline.id(),
                own == null ? null : own.toString(), lag, serves(status) ? delaySeconds(status) : null,
                standby ? syncState(name, sync) : null, postgres, agent, health, status.since(), status.why(), tags,
                List.copyOf(status.upkeep().pendingRestart()),
                disk.equals(Disk.UNKNOWN) ? null : word(disk.condition()),
                disk.freePercent() < 0 ? null : Integer.valueOf(disk.freePercent()));
    }

    /** What a status says of its member's delay; null when that is not known. */
    static @Nullable Double delaySeconds(MemberStatus status) {
        return status.replayDelaySeconds() < 0 ? null : Double.valueOf(status.replayDelaySeconds());
    }

    private static boolean serves(MemberStatus status) {
        return status.role() == Role.PRIMARY || status.role() == Role.STANDBY;
    }

    /** The end of the primary's WAL: the newest of what it told and of what it recorded with its lease. */
    public static @Nullable Lsn head(ClusterState state) {
        Lsn head = state.position() == null ? null : state.position().lsn();
        for (MemberStatus status : state.statuses().values()) {
            Lsn lsn = status.lsn();
            if (status.role() == Role.PRIMARY && lsn != null) {
                head = head == null ? lsn : head.max(lsn);
            }
        }
        return head;
    }

    /** Whether commits wait for a standby, as the record says. */
    static String syncState(MemberName name, SyncSet sync) {
        boolean counts = sync.members().stream().anyMatch(m -> m.name().equals(name));
        return !counts ? "async" : sync.acks() == sync.members().size() ? "sync" : "quorum";
    }

    private static @Nullable Integer timeline(ClusterState state) {
        for (MemberStatus status : state.statuses().values()) {
            if (status.role() == Role.PRIMARY && status.timeline() != null) {
                return status.timeline().id();
            }
        }
        return state.history()
                .descendingMap()
                .values()
                .stream()
                .map(Versioned::value)
                .map(HistoryEntry::timelineId)
                .filter(id -> id != null)
                .findFirst()
                .orElse(null);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** True when there is one primary at work, and every other member that has a PostgreSQL streams from it. */
    public boolean isWhole() {
        long primaries = members.stream()
                .filter(m -> m.role().equals("primary") && m.state().equals("running"))
                .count();
        return primaries == 1 && members.stream().allMatch(m -> switch (m.role()) {
            case "primary", "witness" -> true;
            case "standby" -> m.state().equals("streaming");
            default -> false;
        });
    }

    /** What a standby's record of severing or attaching says, in words, by member. */
    static String words(Map<MemberName, Versioned<Attachment>> attachments, MemberName name) {
        Versioned<Attachment> entry = attachments.get(name);
        return switch (entry == null ? null : entry.value()) {
            case null -> "it has never streamed";
            case Attachment.Attached a -> "it may stream from the primary of epoch " + a.epoch();
            case Attachment.Severed s ->
                "it has cut itself off from the primary of epoch " + s.epoch() + ", holding WAL up to "
                        + s.flushed() + " on timeline " + s.timeline().id();
        };
    }
}
