package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.Problem;
import io.holdfast.replication.io.News;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Obstacle;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Access;
import io.holdfast.sessions.io.Logins.Answer;
import io.holdfast.sessions.io.Sessions;
import io.holdfast.statesync.EventType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Logging in and out, and what somebody does with devices of his own. */
final class LoginRoutes {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Access access;
    private final Consumer<AuditEntry> audit;
    private final News news;

    /**
     * Of an agent.
     *
     * @param audit writes an entry down durably, or throws
     * @param news hears of logins from where a user was never before
     */
    LoginRoutes(Access access, Consumer<AuditEntry> audit, News news) {
        this.access = access;
        this.audit = audit;
        this.news = news;
    }

    /** By the names that the contract gives them. */
    Map<String, Personal> routes() {
        return Map.of("login", (wish, _, caller) -> password(wish, caller), //
                "loginCode", (wish, _, caller) -> step(caller, "a code",
                        access.logins().code(text(wish, "ticket"), text(wish, "code"))), //
                "loginDevice", (wish, _, caller) -> step(caller, "a device", access.logins()
                        .offer(text(wish, "ticket"), text(wish, "label"), totp(wish))), //
                "loginConfirm", (wish, _, caller) -> step(caller, "a device's code",
                        access.logins().confirm(text(wish, "ticket"), text(wish, "code"))), //
                "logout", (_, _, caller) -> logout(caller), //
                "whoami", (_, _, caller) -> whoami(caller), //
                "enroll", (_, _, caller) -> step(caller, "one more device", access.logins().another(person(caller))), //
                "changePassword", (wish, _, caller) -> changePassword(wish, person(caller)), //
                "removeDevice", (wish, _, caller) -> removeDevice(text(wish, "device"), person(caller)), //
                "verify", (wish, _, caller) -> verify(wish, caller));
    }

    private Reply password(JsonNode wish, Caller caller) {
        Answer answer = access.logins()
                .password(text(wish, "user"), text(wish, "password"),
                        new Device(text(wish, "label"), text(wish, "agent"), caller.address()));
        // A name that nobody has may be a password that was typed in the wrong place.
        String known = UserName.read(text(wish, "user"))
                .filter(name -> access.users().find(name).isPresent())
                .map(UserName::value)
                .orElse("unknown");
        return told(answer, known, caller.address(), "the password");
    }

    private Reply step(Caller caller, String what, Answer answer) {
        return told(answer, caller instanceof Caller.Person person ? person.name() : "unknown", caller.address(), what);
    }

    private Reply told(Answer answer, String who, String from, String what) {
        switch (answer) {
            case Answer.In in -> {
                audit.accept(new AuditEntry(in.begun().user().name().value(), from, "login", what, 0L, true,
                        "session " + in.begun().session().id()
                                + (in.begun().newDevice() ? ", from where this user was never before" : "")));
                if (in.begun().newDevice()) {
                    tell(in.begun());
                }
            }
            case Answer.No no ->
                audit.accept(new AuditEntry(who, from, "login", what, null, false, no.problem().code()));
            case Answer.WantsCode _,Answer.WantsDevice _,Answer.WantsConfirmation _ -> {
                // It goes on; what comes of it is recorded.
            }
        }
        return reply(answer);
    }

    /** Everybody may read events: from where it was is for administrators. */
    private void tell(Sessions.Begun begun) {
        news.tell(EventType.NEW_DEVICE,
                begun.user().name() + " logged in from where this user was never before, session "
                        + begun.session().id() + "; 'holdfast session list' shows from where",
                Map.of("user", begun.user().name().value(), "session", begun.session().id()));
    }

    private static Reply reply(Answer answer) {
        ObjectNode json = JSON.objectNode();
        return switch (answer) {
            case Answer.WantsCode wants -> Reply.ok(json.put("next", "code").put("ticket", wants.ticket()));
            case Answer.WantsDevice wants -> Reply.ok(json.put("next", "device").put("ticket", wants.ticket()));
            case Answer.WantsConfirmation wants -> Reply.ok(json.put("next", "confirmation")
                    .put("ticket", wants.ticket())
                    .put("uri", wants.uri())
                    .put("half", wants.half()));
            case Answer.In in -> {
                json.put("next", "in").put("token", in.begun().token()).put("session", in.begun().session().id());
                json.put("user", in.begun().user().name().value());
                json.put("role", word(in.begun().user().role())).put("newDevice", in.begun().newDevice());
                in.recoveryCodes().forEach(json.putArray("recoveryCodes")::add);
                yield Reply.ok(json);
            }
            case Answer.No no -> {
                ObjectNode problems = ApiJson.problems(List.of(no.problem()));
                if (no.ticket() != null) {
                    problems.put("ticket", no.ticket());
                }
                yield new Reply(ApiHandler.status(no.problem()), problems);
            }
        };
    }

    private Reply logout(Caller caller) {
        access.sessions().end(List.of(person(caller).session()));
        return Reply.ok(JSON.objectNode().put("done", "the session has ended"));
    }

    private Reply changePassword(JsonNode wish, Caller.Person person) {
        access.logins().changePassword(person, text(wish, "present"), text(wish, "password"));
        news.tell(EventType.USERS_CHANGED, person.name() + " set another password; the sessions have ended",
                Map.of("user", person.name(), "by", person.name()));
        return Reply.ok(JSON.objectNode()
                .put("done", person.name() + " has another password; all sessions have ended, this one too"));
    }

    private Reply removeDevice(String id, Caller.Person person) {
        access.users().removeFactor(person.user().name(), id);
        return Reply.ok(JSON.objectNode().put("done", "the device " + id + " is no more; all sessions have ended"));
    }

    private Reply verify(JsonNode wish, Caller caller) {
        if (access.logins().stepUp(person(caller), text(wish, "code"), text(wish, "action")).isEmpty()) {
            throw Obstacle.wrongCode().toException();
        }
        return Reply
                .ok(JSON.objectNode().put("done", "ask for it again: this code counts for it once, and not for long"));
    }

    private Reply whoami(Caller caller) {
        ObjectNode json = JSON.objectNode().put("name", caller.name());
        ArrayNode devices = json.putArray("devices");
        Set<Permission> may = switch (caller) {
            case Caller.Person person -> {
                json.put("kind", "person").put("role", word(person.user().role()));
                json.put("session", person.session().id()).put("factorAt", person.session().factorAt().toString());
                person.user()
                        .factors()
                        .forEach(factor -> devices.addObject()
                                .put("id", factor.id())
                                .put("label", factor.label())
                                .put("addedAt", factor.addedAt().toString()));
                yield Permission.of(person.user().role());
            }
            case Caller.Service service -> {
                json.put("kind", "service").putNull("role");
                yield service.token().permissions();
            }
            case Caller.Local local -> {
                json.put("kind", "local").putNull("role");
                yield Set.copyOf(Arrays.stream(Permission.values())
                        .filter(one -> one == Permission.BREAK_GLASS
                                ? local.isRoot()
                                : !local.enrolled() || !one.isDangerous())
                        .toList());
            }
            case Caller.Nobody _ -> Set.of();
        };
        may.stream().sorted().forEach(one -> json.withArray("permissions").add(one.word()));
        return Reply.ok(json);
    }

    /** Whoever has a session; throws HF-5155 for all others. */
    static Caller.Person person(Caller caller) {
        if (caller instanceof Caller.Person person) {
            return person;
        }
        throw new Problem("HF-5155", caller.name() + " has no session", "'holdfast login' begins one.").toException();
    }

    private static Totp totp(JsonNode wish) {
        return new Totp(Totp.Algorithm.valueOf(wish.path("algorithm").asText(Totp.USUAL.algorithm().name())),
                Totp.USUAL.digits(), Totp.USUAL.periodSeconds());
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String text(JsonNode wish, String field) {
        return wish.path(field).asText("");
    }
}
