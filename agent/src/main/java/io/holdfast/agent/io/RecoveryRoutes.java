package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.io.ApiRoutes.Personal;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.backup.io.SealedNote;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import io.holdfast.replication.io.News;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Access;
import io.holdfast.statesync.EventType;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way back in where every administrator has lost the second factor: root of a node proves to hold a private key of the backups,
 * by opening what was sealed for them. The key stays with the program that asks.
 */
final class RecoveryRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(RecoveryRoutes.class);
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Access access;
    private final @Nullable Encryption encryption;
    private final News news;

    /**
     * Of an agent.
     *
     * @param encryption whom backups are sealed for; null: there are none
     * @param news hears of it
     */
    RecoveryRoutes(Access access, @Nullable Encryption encryption, News news) {
        this.access = access;
        this.encryption = encryption;
        this.news = news;
    }

    /** By the names that the contract gives them. */
    Map<String, Personal> routes() {
        return Map.of("recover", (wish, _, _) -> challenge(user(wish)), "recoverAnswer",
                (wish, _, _) -> recover(user(wish), wish));
    }

    private Reply challenge(UserName name) {
        if (!(encryption instanceof Encryption.To to)) {
            throw new Problem("HF-4032", "backups are sealed for nobody here, so no key can prove who asks",
                    "'backup.recipients' in the configuration of this member names public keys.").toException();
        }
        byte[] sealed = SealedNote.seal(access.breakGlass().challenge(name), to);
        return Reply.ok(JSON.objectNode().put("challenge", Base64.getEncoder().encodeToString(sealed)));
    }

    private Reply recover(UserName name, JsonNode wish) {
        String password = wish.hasNonNull("password") ? wish.path("password").asText() : null;
        User after = access.breakGlass().recover(name, wish.path("answer").asText(), password);
        String what = "root of this node took the devices of administrator " + after.name()
                + " away, with a private key of the backups" + (password == null ? "" : ", and set another password");
        LOG.warn("Break-glass: {}", what);
        news.tell(EventType.BREAK_GLASS, what, Map.of("user", after.name().value()));
        return Reply.ok(JSON.objectNode()
                .put("done", after.name() + " enrols a device at the next login; the sessions have ended"));
    }

    private static UserName user(JsonNode wish) {
        return new UserName(wish.path("user").asText());
    }
}
