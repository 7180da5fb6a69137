package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.ApiRoutes.Asker;
import io.holdfast.agent.io.ApiRoutes.Command;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.replication.io.News;
import io.holdfast.replication.io.Reclaim;
import io.holdfast.statesync.ClusterRecord;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateImage;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Successor;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.ImageFile;
import io.holdfast.statesync.io.ImageImport;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** The shared state as an image: taken at one revision, and brought back. Who brings one back opens it; the key stays there. */
final class StateCommands {
    private static final Duration STORE = Duration.ofSeconds(5);
    private static final int MOST_BYTES = 64 << 20;
    private static final String WHOLE = "the image";

    private final HoldfastConfig config;
    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final News news;
    private final Supplier<Instant> clock;

    /**
     * Of an agent.
     *
     * @param news hears when an image was brought back
     */
    StateCommands(HoldfastConfig config, StateStore store, ClusterJson json, News news, Supplier<Instant> clock) {
        this.config = config;
        this.self = new MemberName(config.member());
        this.store = store;
        this.json = json;
        this.news = news;
        this.clock = clock;
    }

    /** By path below the API's root. */
    Map<String, Command> commands() {
        return Map.of("state/export", this::export, "state/import", this::bringBack);
    }

    // ---- export

    /** An image for whoever can open the backups. */
    byte[] image() {
        return image(List.of());
    }

    private byte[] image(List<Recipient> more) {
        List<Recipient> recipients = new ArrayList<>(more);
        BackupConfig backup = config.backup();
        if (backup != null && backup.encryption() instanceof Encryption.To to) {
            recipients.addAll(to.recipients());
        }
        if (recipients.isEmpty()) {
            throw new Problem("HF-5173", "an image of the shared state would be sealed for nobody",
                    "Name public keys in 'backup.recipients', or by --recipient; 'holdfast keys new' makes a key.")
                    .toException();
        }
        Snapshot now = store.range("", STORE);
        if (now.stale()) {
            throw new Problem("HF-5037", "the shared state cannot be read: there is no majority of agents",
                    "'holdfast status' shows which agents are away.").toException();
        }
        ClusterState state = json.read(now);
        ClusterRecord cluster = state.cluster();
        return ImageFile.write(now, json, config.cluster().name(), cluster == null ? "" : cluster.systemId(),
                state.epoch().number(), self, clock.get(),
                StateSeal.of(config, recipients.stream().distinct().toList()));
    }

    private Reply export(JsonNode wish, Asker asker) {
        List<Recipient> more = new ArrayList<>();
        wish.path("recipients").forEach(one -> more.add(recipient(one.asText())));
        byte[] image = image(more);
        return Reply.ok(JsonNodeFactory.instance.objectNode().put("image", Base64.getEncoder().encodeToString(image)));
    }

    private static Recipient recipient(String text) {
        if (!Recipient.isValid(text)) {
            throw new Problem("HF-5173", "'" + text + "' is no public key of age", "It begins with age1.")
                    .toException();
        }
        return new Recipient(text);
    }

    // ---- import

    private Reply bringBack(JsonNode wish, Asker asker) {
        StateImage image = ImageFile.open(wish.path("header").asText(), content(wish.path("content").asText()), json,
                WHOLE);
        ImageImport into = new ImageImport(store, json, SettingsJson::readStored, config.cluster().name());
        boolean replace = wish.path("replace").asBoolean();
        Successor successor = into.check(image, replace).led()
                ? null
                : successor(image, into, wish.path("fromStandby").asBoolean());
        ImageImport.Imported done = into.run(image, replace, successor, asker.user(), clock.get());
        String what = done.entries() + " entries of the image of " + image.header().at()
                + (done.epoch() == null
                        ? "; who leads stays"
                        : "; " + self + " leads in epoch " + done.epoch());
        news.tell(EventType.STATE_IMPORTED, asker.user() + " brought the shared state back: " + what,
                Map.of("at", image.header().at().toString(), "revision", Long.toString(image.header().revision())));
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("done", "the shared state is back: " + what);
        return Reply.ok(answer.put("entries", done.entries()));
    }

    /** The record of the directory goes first: without it the agent would not touch what it is to lead with. */
    private Successor successor(StateImage image, ImageImport into, boolean fromStandby) {
        Reclaim reclaim = config.postgresql() == null
                ? null
                : new Reclaim(NodeOptions.of(config, () -> json.read(store.local(""))));
        Successor successor = found(reclaim).look(fromStandby);
        if (successor.systemId().equals(image.header().systemId())) {
            found(reclaim).record(successor, into.book(image));
        }
        return successor;
    }

    private Reclaim found(@Nullable Reclaim reclaim) {
        if (reclaim == null) {
            throw new Problem(Successor.NOTHING, self + " is a witness, and cannot lead a cluster",
                    "Ask the agent of the member that was the primary.").toException();
        }
        return reclaim;
    }

    private static byte[] content(String text) {
        try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(text)))) {
            byte[] content = plain.readNBytes(MOST_BYTES + 1);
            if (content.length > MOST_BYTES) {
                throw broken("it has more than " + MOST_BYTES + " bytes", null);
            }
            return content;
        } catch (IOException | IllegalArgumentException e) {
            throw broken(String.valueOf(e.getMessage()), e);
        }
    }

    private static HoldfastException broken(String why, @Nullable Exception cause) {
        Problem problem = new Problem("HF-5179", "the content of the image did not come as it was sent: " + why,
                "Send it by 'holdfast state import'.");
        return cause == null ? problem.toException() : new HoldfastException(problem, cause);
    }
}
