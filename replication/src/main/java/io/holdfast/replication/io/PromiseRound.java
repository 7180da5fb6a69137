package io.holdfast.replication.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.Answer;
import io.holdfast.replication.Hold;
import io.holdfast.replication.Question;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Failsafe;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.PeerLine;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * What a primary does that could not renew its lease, where failsafe is on: asks all other members at once to promise that none of
 * them becomes a primary, and holds on for as long as all of them promise.
 */
public final class PromiseRound {
    /** What was told last of a lease that cannot be renewed. */
    private enum Told {
        /** It is renewed. */
        NOTHING,
        /** All others have promised. */
        GOES_ON,
        /** Not all have. */
        CANNOT
    }

    private final PeerLine peers;
    private final ClusterJson json;
    private final Leases leases;
    private final Pledges pledges;
    private final BooleanSupplier takesWrites;
    private final News news;
    private Told told = Told.NOTHING;

    /**
     * On a line to the others.
     *
     * @param takesWrites whether this member's PostgreSQL is a primary: for no other it asks
     * @param news hears when it begins and ends to go on like that, and why it cannot
     */
    public PromiseRound(PeerLine peers, ClusterJson json, Leases leases, Pledges pledges, BooleanSupplier takesWrites,
            News news) {
        this.peers = peers;
        this.json = json;
        this.leases = leases;
        this.pledges = pledges;
        this.takesWrites = takesWrites;
        this.news = news;
    }

    /**
     * Asks, once half of the hold is over: a promise keeps others from taking over, and none is wanted for a moment's trouble.
     *
     * @param state what this member knows of the store
     */
    void extend(ClusterState state, MemberName self) {
        Hold hold = leases.hold();
        Versioned<Failsafe> list = state.failsafe();
        if (hold == null || list == null || !state.settings().failsafe() || !hold.epoch().equals(state.epoch())
                || list.version() != pledges.now().ownList() || !takesWrites.getAsBoolean()) {
            return;
        }
        Duration promise = Duration.ofMillis(list.value().promiseMillis());
        Duration margin = promise.dividedBy(5);
        long sent = leases.nowMillis();
        long left = hold.untilMillis() - sent;
        if (left <= 0 || left > 2 * margin.toMillis()) {
            return;
        }
        Set<MemberName> others = new TreeSet<>(list.value().members());
        others.remove(self);
        Map<MemberName, String> answers = peers.ask(others,
                json.write(new Question(self, state.epoch(), list.version())),
                Duration.ofMillis(Math.min(left, margin.toMillis() / 2)));
        String missing = missing(others, answers, list.value().promiseMillis());
        if (!missing.isEmpty()) {
            refused(self, missing, state);
        } else if (pledges.extend(state.epoch(), list.version(), sent, promise, margin) && told != Told.GOES_ON) {
            told = Told.GOES_ON;
            news.tell(EventType.FAILSAFE, self + " cannot renew its lease, and goes on: " + names(others)
                    + " promised not to become a primary", epoch(state));
        }
    }

    private void refused(MemberName self, String missing, ClusterState state) {
        if (told != Told.CANNOT) {
            told = Told.CANNOT;
            news.tell(EventType.FAILSAFE_REFUSED, new Problem("HF-3033",
                    self + " cannot renew its lease, and not go on without: " + missing,
                    "it stops in time unless one of both changes; start the agents that do not answer.").message(),
                    epoch(state));
        }
    }

    /** The lease was renewed: what comes next is news again. */
    void renewed(ClusterState state, MemberName self) {
        if (told == Told.GOES_ON) {
            news.tell(EventType.FAILSAFE_OVER, self + " has renewed its lease, and needs no promises any more",
                    epoch(state));
        }
        told = Told.NOTHING;
    }

    private static Map<String, String> epoch(ClusterState state) {
        return Map.of("epoch", state.epoch().toString());
    }

    /** Who has not promised, and why; empty when all have. */
    private String missing(Set<MemberName> others, Map<MemberName, String> answers, long millis) {
        StringJoiner missing = new StringJoiner("; ");
        for (MemberName other : others) {
            String answer = answers.get(other);
            Answer read = answer == null || answer.isEmpty()
                    ? new Answer(0, other + " does not answer")
                    : read(other, answer);
            if (read.promisedMillis() < millis) {
                missing.add(read.why());
            }
        }
        return missing.toString();
    }

    private Answer read(MemberName other, String answer) {
        try {
            return json.read(answer, Answer.class);
        } catch (HoldfastException e) {
            return new Answer(0, other + " answers what is not understood: " + e.getMessage());
        }
    }

    private static String names(Set<MemberName> members) {
        return String.join(", ", members.stream().map(MemberName::value).toList());
    }
}
