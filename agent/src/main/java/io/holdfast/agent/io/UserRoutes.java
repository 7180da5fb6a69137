package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.replication.io.News;
import io.holdfast.sessions.AuditRecord;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Factor;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.ServiceToken;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Access;
import io.holdfast.sessions.io.AuditLog;
import io.holdfast.statesync.EventType;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What administrators do with users, sessions and service tokens, and what they read in the audit log. */
final class UserRoutes {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int MOST_RECORDS = 1000;
    private static final int USUAL_RECORDS = 200;

    private final Access access;
    private final AuditLog audit;
    private final News news;

    /**
     * Of an agent.
     *
     * @param news hears of what changed; everybody may read that, so it has no addresses
     */
    UserRoutes(Access access, AuditLog audit, News news) {
        this.access = access;
        this.audit = audit;
        this.news = news;
    }

    /** By the names that the contract gives them. */
    Map<String, Personal> routes() {
        Map<String, Personal> routes = new HashMap<>();
        routes.put("users", (_, _, _) -> users());
        routes.put("addUser", (wish, _, caller) -> {
            User made = access.users().add(user(wish), role(wish), wish.path("password").asText());
            return changed(caller, "user", made.name(),
                    made.name() + " is a user now, and enrols a device at the first login");
        });
        routes.put("removeUser", (wish, _, caller) -> {
            access.users().remove(user(wish));
            return changed(caller, "user", user(wish), user(wish) + " is no user any more");
        });
        routes.put("setRole", (wish, _, caller) -> {
            access.users().setRole(user(wish), role(wish));
            return changed(caller, "user", user(wish),
                    user(wish) + " is " + LoginRoutes.word(role(wish)) + " now; the sessions have ended");
        });
        routes.put("setPassword", (wish, _, caller) -> {
            access.users().setPassword(user(wish), wish.path("password").asText());
            return changed(caller, "user", user(wish), user(wish) + " has another password; the sessions have ended");
        });
        routes.put("resetFactors", (wish, _, caller) -> {
            access.users().resetFactors(user(wish));
            return changed(caller, "user", user(wish),
                    user(wish) + " enrols a device at the next login; the sessions have ended");
        });
        routes.put("sessions", (_, _, _) -> sessions());
        routes.put("revokeSessions", (wish, _, caller) -> revoke(wish, caller));
        routes.put("tokens", (_, _, _) -> tokens());
        routes.put("addToken", (wish, _, caller) -> addToken(wish, caller));
        routes.put("removeToken", (wish, _, caller) -> {
            UserName token = new UserName(wish.path("name").asText());
            access.users().removeToken(token);
            return changed(caller, "token", token, "the token " + token + " opens nothing any more");
        });
        routes.put("audit", (_, parameters, _) -> audit(parameters));
        routes.put("verifyAudit", (_, _, _) -> verifyAudit());
        return routes;
    }

    private Reply users() {
        ObjectNode json = JSON.objectNode();
        ArrayNode list = json.putArray("users");
        for (User user : access.users().list()) {
            ObjectNode one = list.addObject()
                    .put("name", user.name().value())
                    .put("role", LoginRoutes.word(user.role()));
            ArrayNode devices = one.putArray("devices");
            for (Factor factor : user.factors()) {
                devices.addObject()
                        .put("id", factor.id())
                        .put("label", factor.label())
                        .put("addedAt", factor.addedAt().toString());
            }
            one.put("recoveryCodes", user.recoveryHashes().size()).put("createdAt", user.createdAt().toString());
        }
        return Reply.ok(json);
    }

    private Reply sessions() {
        ObjectNode json = JSON.objectNode();
        ArrayNode list = json.putArray("sessions");
        for (Session session : access.sessions().list(null)) {
            ObjectNode one = list.addObject().put("id", session.id()).put("user", session.user().value());
            one.put("label", session.device().label()).put("agent", session.device().agent());
            one.put("address", session.device().address()).put("createdAt", session.createdAt().toString());
            one.put("seenAt", session.seenAt().toString()).put("factorAt", session.factorAt().toString());
            one.put("factor", session.factor());
        }
        return Reply.ok(json);
    }

    private Reply revoke(JsonNode wish, Caller caller) {
        if (wish.path("all").asBoolean()) {
            access.sessions().endAll();
            return revoked(caller, "all sessions have ended");
        }
        if (wish.has("user")) {
            access.users().endSessions(user(wish));
            return revoked(caller, "the sessions of " + user(wish) + " have ended");
        }
        String id = wish.path("id").asText();
        List<Session> found = access.sessions().list(null).stream().filter(one -> one.id().equals(id)).toList();
        if (found.isEmpty()) {
            return Reply.problem(404, "HF-5156", "there is no session '" + id + "'",
                    "'holdfast session list' shows those that go on.");
        }
        access.sessions().end(found);
        return revoked(caller, "session " + id + " of " + found.getFirst().user() + " has ended");
    }

    private Reply revoked(Caller caller, String what) {
        news.tell(EventType.SESSIONS_REVOKED, what + ": " + caller.name() + " ended them", Map.of("by", caller.name()));
        return done(what);
    }

    /** Of a user or of a token. */
    private Reply changed(Caller caller, String kind, UserName name, String what) {
        news.tell(EventType.USERS_CHANGED, what + ": " + caller.name() + " did it",
                Map.of(kind, name.value(), "by", caller.name()));
        return done(what);
    }

    private Reply tokens() {
        ObjectNode json = JSON.objectNode();
        ArrayNode list = json.putArray("tokens");
        for (ServiceToken token : access.users().tokens()) {
            ObjectNode one = list.addObject().put("name", token.name().value());
            ArrayNode may = one.putArray("permissions");
            token.permissions().forEach(permission -> may.add(permission.word()));
            one.put("createdBy", token.createdBy().value()).put("createdAt", token.createdAt().toString());
            one.put("expiresAt", token.expiresAt().toString());
        }
        return Reply.ok(json);
    }

    private Reply addToken(JsonNode wish, Caller caller) {
        Set<Permission> may = EnumSet.noneOf(Permission.class);
        wish.path("permissions")
                .forEach(word -> may.add(Permission.of(word.asText())
                        .filter(permission -> !permission.isDangerous())
                        .orElseThrow(() -> wrong("there is no permission of that name that a machine can have",
                                "Those that can: " + String.join(", ", grantable()) + "."))));
        UserName by = caller instanceof Caller.Person person
                ? person.user().name()
                : UserName.read(caller instanceof Caller.Local local ? local.user() : caller.name())
                        .orElse(new UserName("local"));
        UserName name = new UserName(wish.path("name").asText());
        String token = access.users().addToken(name, may, by, Duration.ofDays(wish.path("days").asInt()));
        changed(caller, "token", name, "there is a service token " + name);
        return Reply.ok(JSON.objectNode().put("token", token));
    }

    private static List<String> grantable() {
        return EnumSet.allOf(Permission.class)
                .stream()
                .filter(permission -> !permission.isDangerous())
                .map(Permission::word)
                .toList();
    }

    private Reply audit(Map<String, String> parameters) {
        String user = parameters.get("user");
        Instant since = since(parameters.getOrDefault("since", Instant.EPOCH.toString()));
        long limit = Math.clamp(Long.parseLong(parameters.getOrDefault("limit", Integer.toString(USUAL_RECORDS))), 1,
                MOST_RECORDS);
        List<AuditRecord> found = audit.read(record -> !record.at().isBefore(since)
                && (user == null || record.entry().who().equals(user)));
        ObjectNode json = JSON.objectNode();
        ArrayNode list = json.putArray("records");
        for (AuditRecord record : found.subList((int) Math.max(0, found.size() - limit), found.size())) {
            ObjectNode one = list.addObject().put("chain", record.chain()).put("number", record.number());
            one.put("at", record.at().toString()).put("who", record.entry().who()).put("from", record.entry().from());
            one.put("action", record.entry().action()).put("object", record.entry().object());
            one.put("factorAgeSeconds", record.entry().factorAgeSeconds()).put("allowed", record.entry().allowed());
            one.put("result", record.entry().result());
        }
        return Reply.ok(json);
    }

    private Reply verifyAudit() {
        ObjectNode json = JSON.objectNode();
        ArrayNode list = json.putArray("flaws");
        audit.verify()
                .forEach((chain, flaws) -> flaws.forEach(flaw -> list.addObject()
                        .put("chain", chain)
                        .put("line", flaw.line())
                        .put("what", flaw.what())));
        return Reply.ok(json);
    }

    private static Instant since(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw wrong("'since' is no time", "Write it as 2026-01-31T02:00:00Z.");
        }
    }

    private static ConfigException wrong(String fact, String hint) {
        return new ConfigException(List.of(new ConfigProblem("HF-5035", "", 0, fact, hint)));
    }

    private static Reply done(String text) {
        return Reply.ok(JSON.objectNode().put("done", text));
    }

    private static UserName user(JsonNode wish) {
        return new UserName(wish.path("user").asText());
    }

    private static Role role(JsonNode wish) {
        return Role.valueOf(wish.path("role").asText().toUpperCase(Locale.ROOT));
    }
}
