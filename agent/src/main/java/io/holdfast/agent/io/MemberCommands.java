package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.MemberRemoval;
import io.holdfast.agent.MemberRemoval.Verdict;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Removal;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Adds members and removes them: first in what the agents agree on, then among those who agree. */
final class MemberCommands {
    /** Longer than the primary takes to let a lost standby go. */
    private static final Duration TO_LET_GO = Duration.ofSeconds(6);
    private static final Duration TO_CHANGE = Duration.ofSeconds(15);
    private static final Duration STORE = Duration.ofSeconds(3);
    private static final Duration BETWEEN = Duration.ofMillis(100);

    private final MemberName self;
    private final StateStore store;
    private final Consensus consensus;
    private final ClusterJson json;
    private final EventLog events;

    MemberCommands(MemberName self, StateStore store, Consensus consensus, ClusterJson json, EventLog events) {
        this.self = self;
        this.store = store;
        this.consensus = consensus;
        this.json = json;
        this.events = events;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("members/add", this::add, "members/remove", this::remove);
    }

    /** Lets a new agent, which waits for it with an empty state directory, belong to the cluster: {@code {name, peer}}. */
    private Reply add(JsonNode wish, Asker asker) {
        String peer = wish.path("peer").asText();
        MemberName member = nameOrNull(wish);
        if (member == null || HostPort.read(peer).isEmpty()) {
            return Reply.problem(400, "HF-5069",
                    "'" + wish.path("name").asText() + "' at '" + peer + "' is no member's name and address",
                    "Give the name and the host:port of its 'listen.peer'.");
        }
        if (!consensus.status().hasQuorum()) {
            return new Reply(409, ApiJson.problems(List.of(noMajority())));
        }
        consensus.addPeer(member, peer, TO_CHANGE);
        events.append(EventType.MEMBER_ADDED, member + " at " + peer + " was added by " + asker.user(),
                Map.of("member", member.value(), "by", asker.user()));
        return done(member);
    }

    /** Removes a member: {@code {name, force}}. */
    private Reply remove(JsonNode wish, Asker asker) {
        boolean force = wish.path("force").asBoolean();
        MemberName name = nameOrNull(wish);
        if (name == null || !MemberRemoval.knows(name, state(), consensus.status())) {
            return Reply.problem(404, "HF-5005", "there is no member '" + wish.path("name").asText() + "'",
                    "'holdfast member list' shows those that there are.");
        }
        Optional<Problem> problem = record(name, force, asker.user());
        if (problem.isPresent()) {
            return new Reply(409, ApiJson.problems(List.of(problem.get())));
        }
        // The primary lets it go first: a lost member of the consensus must not be one that commits wait for.
        await(() -> !MemberRemoval.isWaitedFor(name, state()));
        consensus.removePeer(name, TO_CHANGE);
        events.append(EventType.MEMBER_REMOVED, name + " was removed by " + asker.user(),
                Map.of("member", name.value(), "by", asker.user()));
        return done(name);
    }

    /** Judges and records, until it is allowed and recorded, refused, or too late; what stands in the way, if anything. */
    private Optional<Problem> record(MemberName name, boolean force, String user) {
        long deadline = System.nanoTime() + TO_LET_GO.toNanos();
        while (true) {
            ClusterState state = state();
            Problem problem = switch (MemberRemoval.judge(name, self, state, consensus.status(), force)) {
                case Verdict.Refused refused -> {
                    deadline = System.nanoTime();
                    yield refused.problem();
                }
                case Verdict.NotYet later -> later.problem();
                case Verdict.Allowed allowed -> switch (commit(name, user, state, allowed)) {
                    case TxnResult.Applied applied -> null;
                    case TxnResult.Conflict conflict -> new Problem("HF-5068",
                            name + " was not removed: the cluster changes at this moment", "Try again.");
                    case TxnResult.Unknown unknown -> new Problem("HF-5068",
                            "it is not known whether " + name + " was removed: " + unknown.why(), "Try again.");
                };
            };
            if (problem == null) {
                return Optional.empty();
            }
            if (System.nanoTime() - deadline >= 0) {
                return Optional.of(problem);
            }
            pause();
        }
    }

    /** The attachment's key stays, as every attachment's does: a late write of an old one must fail on its version. */
    private TxnResult commit(MemberName name, String user, ClusterState state, Verdict.Allowed allowed) {
        MemberRecord about = state.members().get(name);
        Removal removal = new Removal(name, about == null ? "" : about.agentId(), Instant.now(), user);
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.LEADER, allowed.leadership().version())
                .versionIs(Keys.attach(name), state.attachmentVersion(name))
                .put(Keys.removed(name), json.write(removal))
                .delete(Keys.member(name))
                .delete(Keys.status(name))
                .delete(Keys.order(name));
        Versioned<Attachment> attachment = state.attachments().get(name);
        if (attachment != null) {
            txn.put(Keys.attach(name),
                    json.write(new Attachment.Attached(attachment.value().member(), Epoch.NONE)));
        }
        return store.commit(txn.build(), STORE);
    }

    private Problem noMajority() {
        return new Problem("HF-5061", self + " hears no majority of agents, so nobody can be added",
                "Start agents until it does.");
    }

    private static @Nullable MemberName nameOrNull(JsonNode wish) {
        try {
            return new MemberName(wish.path("name").asText());
        } catch (IllegalArgumentException e) {
            // What cannot be a name is no member's name.
            return null;
        }
    }

    private static Reply done(MemberName name) {
        return Reply.ok(JsonNodeFactory.instance.objectNode().put("member", name.value()).put("done", true));
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }

    /** What it waits for. */
    @FunctionalInterface
    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) {
        long deadline = System.nanoTime() + TO_LET_GO.toNanos();
        while (!condition.holds() && System.nanoTime() - deadline < 0) {
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(BETWEEN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
