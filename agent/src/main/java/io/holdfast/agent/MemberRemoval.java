package io.holdfast.agent;

import io.holdfast.config.Problem;
import io.holdfast.config.WhenAlone;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whether a member may be removed: not while anybody might need it. */
public final class MemberRemoval {
    private MemberRemoval() {}

    /** The judgement. */
    public sealed interface Verdict {
        /**
         * It may be removed, as long as the leadership does not change.
         *
         * @param leadership the one that this rests on
         */
        record Allowed(Versioned<Leadership> leadership) implements Verdict {}

        /**
         * Not now, but perhaps in a moment: what stands in the way usually goes by itself.
         *
         * @param problem what stands in the way
         */
        record NotYet(Problem problem) implements Verdict {}

        /**
         * Not as things are.
         *
         * @param problem what stands in the way
         */
        record Refused(Problem problem) implements Verdict {}
    }

    /** True when the cluster knows a member of that name, if only as a voice in the consensus. */
    public static boolean knows(MemberName name, ClusterState state, Consensus.Status consensus) {
        return state.members().containsKey(name) || state.statuses().containsKey(name)
                || consensus.peers().containsKey(name);
    }

    /**
     * Judges.
     *
     * @param name who is to be removed
     * @param self whose agent is asked
     * @param force true: also one whose agent is alive
     */
    public static Verdict judge(MemberName name, MemberName self, ClusterState state, Consensus.Status consensus,
            boolean force) {
        Versioned<Leadership> leadership = state.leadership();
        if (!consensus.hasQuorum()) {
            return refused("HF-5061", self + " hears no majority of agents, so nobody can be removed",
                    "Start agents until it does; who is away for good can be removed then.");
        }
        if (name.equals(self)) {
            return refused("HF-5062", "an agent does not remove its own member, " + self,
                    "Ask another member's agent.");
        }
        if (leadership == null || !state.isLed()) {
            return new Verdict.NotYet(
                    new Problem("HF-5063", "nobody leads the cluster now, so every member may be needed",
                            "'holdfast status' shows what it waits for; remove members when there is a primary."));
        }
        if (leadership.value().holder().name().equals(name)) {
            return refused("HF-5064", name + " is the primary", "Let another one become primary first.");
        }
        Verdict majority = majority(name, state, consensus);
        if (majority != null) {
            return majority;
        }
        boolean alive = state.statuses().containsKey(name);
        if (alive && !force) {
            return refused("HF-5066", "the agent of " + name + " is alive",
                    "Stop it, and its PostgreSQL, and wait until 'holdfast status' shows it as down; or say --force,"
                            + " and it stops both by itself.");
        }
        return counts(name, state, alive, new Verdict.Allowed(leadership));
    }

    private static @Nullable Verdict majority(MemberName name, ClusterState state, Consensus.Status consensus) {
        Set<MemberName> rest = new TreeSet<>(consensus.peers().keySet());
        rest.remove(name);
        Set<MemberName> alive = rest.stream().filter(state.statuses()::containsKey).collect(Collectors.toSet());
        return alive.size() * 2 > rest.size()
                ? null
                : refused("HF-5065",
                        "without " + name + " " + alive.size() + " of " + rest.size()
                                + " agents would be alive, and that is no majority",
                        "Start the others first: " + rest.stream()
                                .filter(one -> !alive.contains(one))
                                .map(MemberName::value)
                                .collect(Collectors.joining(", ")) + ".");
    }

    /** A member that is away leaves the sync set by itself after seconds, unless it is the last and commits must wait. */
    private static Verdict counts(MemberName name, ClusterState state, boolean alive, Verdict otherwise) {
        SyncSet sync = state.sync() == null ? SyncSet.EMPTY : state.sync().value();
        boolean member = sync.members().stream().anyMatch(one -> one.name().equals(name));
        boolean last = member && sync.members().size() == 1;
        Problem problem = new Problem("HF-5067", "commits wait for " + name + ", " + (last ? "the last of" : "one of")
                + " the sync set",
                last
                        ? "With another standby, or with when-alone: continue, they do so no longer."
                        : "The primary takes it out after some seconds; 'holdfast status' shows when.");
        if (last && state.settings().whenAlone() == WhenAlone.WAIT) {
            return new Verdict.Refused(problem);
        }
        return member && !alive ? new Verdict.NotYet(problem) : otherwise;
    }

    /** True while commits may wait for a member of that name. */
    public static boolean isWaitedFor(MemberName name, ClusterState state) {
        return state.sync() != null && state.sync().value().members().stream().anyMatch(one -> one.name().equals(name));
    }

    private static Verdict refused(String code, String fact, String hint) {
        return new Verdict.Refused(new Problem(code, fact, hint));
    }
}
