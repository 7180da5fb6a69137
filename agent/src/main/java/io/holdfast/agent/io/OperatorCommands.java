package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Handover;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.LeaderPosition;
import io.holdfast.statesync.Leadership;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.Order;
import io.holdfast.statesync.Pause;
import io.holdfast.statesync.Schedule;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask of the replication. Each wish becomes a record of the shared state, which the member concerned carries
 * out and ends; see {@link Requests} for how it is followed.
 */
final class OperatorCommands {
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration LATE = Duration.ofMinutes(1);
    private static final Duration SWITCHOVER = Duration.ofMinutes(6);
    private static final Duration FAILOVER = Duration.ofMinutes(1);
    private static final Duration RESTART = Duration.ofMinutes(10);
    private static final Duration REINIT = Duration.ofDays(2);

    private final StateStore store;
    private final ClusterJson json;
    private final Requests requests;

    /** On the shared state. */
    OperatorCommands(StateStore store, ClusterJson json, Requests requests) {
        this.store = store;
        this.json = json;
        this.requests = requests;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("switchover", this::switchover, "switchover/cancel", this::cancel, "failover", this::failover,
                "reinit", this::reinit, "restart", this::restart, "pause", this::pause, "resume", this::resume);
    }

    // ---- another primary

    private Reply switchover(JsonNode wish, Asker asker) {
        MemberName to = nameOrNull(wish, "to");
        ClusterState state = state();
        Leadership leadership = leadership(state);
        if (leadership == null || !state.isLed()) {
            return Reply.problem(422, "HF-3050", "there is no primary to switch over from",
                    "'holdfast status' shows what the cluster waits for; 'holdfast failover --to NAME' forces one.");
        }
        if (to != null && !state.members().containsKey(to)) {
            return unknown(state, to);
        }
        if (wish.hasNonNull("at")) {
            return schedule(to, instant(wish.path("at").asText()), asker.user());
        }
        boolean dry = wish.path("dryRun").asBoolean();
        return requests.ask("switchover", leadership.holder().name(), asker,
                "another primary is wanted" + (to == null ? "" : ": " + to), Keys.HANDOVER, SWITCHOVER,
                id -> new Handover(id, state.epoch(), to, false, dry, false, asker.user(), Instant.now()));
    }

    private Reply schedule(@Nullable MemberName to, Instant at, String user) {
        TxnResult result = store.commit(
                Txn.when().put(Keys.SCHEDULE, json.write(new Schedule(to, at, user))).build(), STORE);
        return done(result, "a switchover" + (to == null ? "" : " to " + to) + " is scheduled for " + at);
    }

    private Reply cancel(JsonNode wish, Asker asker) {
        boolean there = !store.local(Keys.SCHEDULE).entries().isEmpty();
        return done(store.commit(Txn.when().delete(Keys.SCHEDULE).build(), STORE),
                there ? "the scheduled switchover is cancelled" : "no switchover was scheduled");
    }

    /** Begins a switchover whose time has come; gives the pause until it should look again. */
    Duration begin(BooleanSupplier holdsLease) {
        Optional<Versioned<Schedule>> scheduled = store.local(Keys.SCHEDULE)
                .get(Keys.SCHEDULE)
                .map(entry -> json.read(entry, Schedule.class));
        if (scheduled.isEmpty() || !holdsLease.getAsBoolean() || Instant.now().isBefore(scheduled.get().value().at())) {
            return Duration.ofSeconds(1);
        }
        Schedule due = scheduled.get().value();
        TxnResult taken = store.commit(
                Txn.when().versionIs(Keys.SCHEDULE, scheduled.get().version()).delete(Keys.SCHEDULE).build(), STORE);
        boolean late = Instant.now().isAfter(due.at().plus(LATE));
        if (taken instanceof TxnResult.Applied && !late) {
            ClusterState state = state();
            Leadership leadership = leadership(state);
            if (leadership != null) {
                requests.ask("switchover", leadership.holder().name(), Asker.of(due.by()),
                        "it was scheduled for " + due.at(),
                        Keys.HANDOVER, SWITCHOVER,
                        id -> new Handover(id, state.epoch(), due.to(), false, false, false, due.by(), Instant.now()));
            }
        }
        return Duration.ofSeconds(1);
    }

    private Reply failover(JsonNode wish, Asker asker) {
        MemberName to = name(wish, "to");
        ClusterState state = state();
        Leadership leadership = leadership(state);
        MemberRecord member = state.members().get(to);
        if (member == null || member.isWitness()) {
            return unknown(state, to);
        }
        if (leadership == null) {
            return Reply.problem(422, "HF-3051", "the cluster has never had a primary", "Start the agents, and wait.");
        }
        if (state.isLed()) {
            return Reply.problem(409, "HF-3052",
                    "%s holds the leadership, and may be writing".formatted(leadership.holder().name()),
                    "'holdfast switchover --to " + to
                            + "' moves it without loss. A failover can be forced only when the "
                            + "lease is gone: stop that agent and its PostgreSQL first.");
        }
        String loss = loss(state, to);
        if (!wish.path("acceptLoss").asBoolean()) {
            return Reply.problem(409, "HF-3053",
                    "a forced failover to " + to + " can lose what was acknowledged: " + loss,
                    "Better bring back " + leadership.holder().name()
                            + " or more of the standbys; '--accept-loss' does it "
                            + "all the same.");
        }
        return requests.ask("failover", to, asker, "forced; " + loss, Keys.HANDOVER, FAILOVER,
                id -> new Handover(id, state.epoch(), to, true, false, false, asker.user(), Instant.now()));
    }

    /** What a forced takeover by a member may lose, in words. */
    private static String loss(ClusterState state, MemberName to) {
        Versioned<Attachment> attachment = state.attachments().get(to);
        MemberStatus status = state.statuses().get(to);
        Lsn held = attachment != null && attachment.value() instanceof Attachment.Severed severed
                && severed.epoch().equals(state.epoch())
                        ? severed.flushed()
                        : status == null ? null : status.lsn();
        LeaderPosition position = state.position();
        if (held == null) {
            return "how much WAL it holds is not known";
        }
        if (position == null || !position.epoch().equals(state.epoch())) {
            return "it holds WAL up to " + held + "; how far the primary had written is not known";
        }
        long bytes = position.lsn().minus(held);
        return bytes <= 0
                ? "it holds WAL up to %s, all that the primary had recorded at %s; what came after that"
                        .formatted(held, position.at())
                : "WAL from %s to %s, %d bytes, recorded at %s, and what came after that".formatted(held,
                        position.lsn(), bytes, position.at());
    }

    // ---- one member

    private Reply restart(JsonNode wish, Asker asker) {
        return order(wish, asker, "restart", Order.Kind.RESTART, RESTART);
    }

    private Reply reinit(JsonNode wish, Asker asker) {
        Reply refused = refusal(state(), name(wish, "member"), wish.path("force").asBoolean());
        return refused != null ? refused : order(wish, asker, "reinit", Order.Kind.REINIT, REINIT);
    }

    /** Why a member's data directory is not replaced; null when it may be. */
    static @Nullable Reply refusal(ClusterState state, MemberName name, boolean force) {
        Leadership leadership = leadership(state);
        if (leadership != null && leadership.holder().name().equals(name)) {
            return Reply.problem(409, "HF-3054", name + " is the primary, or was the last one",
                    "A primary is not cloned from anybody; 'holdfast switchover' first.");
        }
        boolean onlyCopy = state.sync() != null && state.sync().value().members().size() == 1
                && state.sync().value().members().first().name().equals(name);
        return onlyCopy && !force
                ? Reply.problem(409, "HF-3055", name + " is the only standby that has all that was acknowledged",
                        "Wait until another one is in the sync set; '--force' does it all the same.")
                : null;
    }

    private Reply order(JsonNode wish, Asker asker, String kind, Order.Kind what, Duration within) {
        ClusterState state = state();
        MemberName name = name(wish, "member");
        MemberRecord member = state.members().get(name);
        MemberStatus status = state.statuses().get(name);
        if (member == null || member.isWitness()) {
            return unknown(state, name);
        }
        if (status == null) {
            return Reply.problem(422, "HF-3056", "the agent of " + name + " is not there to do it",
                    "Start it; 'holdfast status' shows when it is back.");
        }
        return requests.ask(kind, name, asker, "it was asked for", Keys.order(name), within,
                id -> new Order(id, status.member(), what, asker.user(), Instant.now()));
    }

    // ---- maintenance

    private Reply pause(JsonNode wish, Asker asker) {
        return done(
                store.commit(Txn.when()
                        .put(Keys.PAUSE,
                                json.write(new Pause(asker.user(), Instant.now(), wish.path("reason").asText(""))))
                        .build(), STORE),
                "the cluster is paused: nothing is promoted, started or replaced by itself until 'holdfast resume'");
    }

    private Reply resume(JsonNode wish, Asker asker) {
        boolean paused = state().requests().pause() != null;
        return done(store.commit(Txn.when().delete(Keys.PAUSE).build(), STORE),
                paused ? "the cluster acts by itself again" : "the cluster was not paused");
    }

    // ---- words

    private static Reply done(TxnResult result, String text) {
        return result instanceof TxnResult.Applied
                ? Reply.ok(JsonNodeFactory.instance.objectNode().put("done", text))
                : Requests.storeAway();
    }

    private static Reply unknown(ClusterState state, MemberName name) {
        List<String> names = state.members()
                .values()
                .stream()
                .filter(m -> !m.isWitness())
                .map(m -> m.name().value())
                .toList();
        return Reply.problem(400, "HF-3057", "there is no database member '" + name + "'",
                "There are " + String.join(", ", names) + ".");
    }

    private static MemberName name(JsonNode wish, String field) {
        MemberName name = nameOrNull(wish, field);
        if (name == null) {
            throw wrong(field + " is missing", "Name a member.");
        }
        return name;
    }

    private static @Nullable MemberName nameOrNull(JsonNode wish, String field) {
        return read(wish, field, MemberName::new);
    }

    private static <T> @Nullable T read(JsonNode wish, String field, Function<String, T> reader) {
        try {
            return wish.hasNonNull(field) ? reader.apply(wish.path(field).asText()) : null;
        } catch (IllegalArgumentException e) {
            throw wrong(field + " is no member's name: " + wish.path(field).asText(), "'holdfast status' lists them.");
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw wrong("'" + text + "' is no time", "Write it as 2026-01-31T02:00:00Z.");
        }
    }

    private static ConfigException wrong(String fact, String hint) {
        return new ConfigException(List.of(new ConfigProblem("HF-5035", "", 0, fact, hint)));
    }

    private static @Nullable Leadership leadership(ClusterState state) {
        return state.leadership() == null ? null : state.leadership().value();
    }

    private ClusterState state() {
        return json.read(store.local(""));
    }
}
