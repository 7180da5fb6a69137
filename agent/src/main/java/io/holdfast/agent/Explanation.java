package io.holdfast.agent;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Disk;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Why a member is what it is, told from top to bottom.
 *
 * @param member the member
 * @param facts what is known of it and of its place in the cluster, one sentence each
 * @param turns what its agent did last; empty for a member other than the one that is asked
 */
public record Explanation(String member, List<String> facts, List<Turn> turns) {
    /** Takes immutable copies. */
    public Explanation {
        facts = List.copyOf(facts);
        turns = List.copyOf(turns);
    }

    /** True when the cluster knows the member. */
    public static boolean knows(AgentView agent, String member) {
        return agent.self().value().equals(member)
                || agent.state().members().keySet().stream().anyMatch(name -> name.value().equals(member));
    }

    /** Tells about one member. */
    public static Explanation of(AgentView agent, MemberName member) {
        ClusterState state = agent.state();
        List<String> facts = new ArrayList<>();
        if (!agent.consensus().hasQuorum()) {
            facts.add(agent.self() + " hears no majority of agents: this is the last that it knew.");
        }
        if (agent.isOnFailsafe()) {
            facts.add(agent.self()
                    + " could not renew its lease, and goes on as the primary by failsafe: every other member has"
                    + " promised not to become one. It stops as soon as one of them does not answer.");
        }
        String restoring = StatusReport.restoring(state);
        if (restoring != null) {
            facts.add(restoring + ". Until it is over no PostgreSQL takes writes.");
        }
        facts.add(leadership(state));
        facts.add(status(state, member));
        if (hasData(state, member)
                && (state.leadership() == null || !state.leadership().value().holder().name().equals(member))) {
            facts.add("In the shared state " + StatusReport.words(state.attachments(), member) + ".");
        }
        if (hasData(state, member)) {
            facts.add(sync(state, member));
            facts.addAll(disk(state, member));
        }
        return new Explanation(member.value(), facts, agent.self().equals(member) ? agent.turns() : List.of());
    }

    private static boolean hasData(ClusterState state, MemberName member) {
        MemberRecord about = state.members().get(member);
        return about == null || !about.isWitness();
    }

    private static String second(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String leadership(ClusterState state) {
        if (state.leadership() == null) {
            return "Nobody has led this cluster yet.";
        }
        Leadership leadership = state.leadership().value();
        String who = leadership.holder().name() + " in epoch " + leadership.epoch();
        Leadership.Release release = leadership.released();
        if (release != null) {
            return "The leadership is free: " + who + " gave it up: " + release.why() + ".";
        }
        return state.leaseAlive()
                ? "The leader is " + who + ", since " + second(leadership.since()) + ": " + leadership.why() + "."
                : "The leadership is free: the lease of " + who + " has run out.";
    }

    private static String status(ClusterState state, MemberName member) {
        MemberStatus status = state.statuses().get(member);
        if (status == null) {
            return "The agent of " + member + " does not answer.";
        }
        return member + " is " + words(status.role()) + ", " + words(status.state()) + ", since "
                + second(status.since()) + ": "
                + status.why() + ".";
    }

    private static String sync(ClusterState state, MemberName member) {
        SyncSet sync = state.sync() == null ? SyncSet.EMPTY : state.sync().value();
        if (sync.isEmpty()) {
            return "No standby counts for commits: nobody takes over by itself without the last leader's data.";
        }
        boolean counts = sync.members().stream().anyMatch(m -> m.name().equals(member));
        return "Commits wait for " + sync.acks() + " of " + sync.members().stream().map(m -> m.name().value()).toList()
                + "; "
                + member + (counts ? " is one of them." : " is none of them.");
    }

    private static List<String> disk(ClusterState state, MemberName member) {
        MemberStatus status = state.statuses().get(member);
        if (status == null || status.upkeep().disk().equals(Disk.UNKNOWN)) {
            return List.of();
        }
        return List.of(status.upkeep().disk().words(member.value()) + ".");
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
