package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.DurationText;
import io.holdfast.config.HostPort;
import io.holdfast.config.Recipient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a schema cannot say, because it compares two places. Each check runs when the places that it needs can be read,
 * whatever else is wrong with the document.
 */
final class CrossChecks {
    private final YamlReader.Document document;
    private final JsonNode tree;
    private final List<ConfigProblem> problems = new ArrayList<>();

    CrossChecks(YamlReader.Document document) {
        this.document = document;
        this.tree = document.tree();
    }

    List<ConfigProblem> all() {
        memberIsAPeer();
        severalPeersNeedTls();
        peersAreDistinct();
        portsAreDistinct();
        suspicionIsShorterThanTheLease();
        acksCanBeGiven();
        if (tree.path("backup").isObject()) {
            recipientsAreNotMistyped();
            encryptionIsNotForgotten();
            theStoreCanBeReached();
            theScheduleIsOne(JsonPlace.of("backup", "schedule"));
            theScheduleIsOne(JsonPlace.of("backup", "drill", "schedule"));
            aDrillCanOpenBackups();
        }
        theRelayHasAMaster();
        return problems;
    }

    private void memberIsAPeer() {
        String member = tree.path("member").asText();
        JsonNode peers = tree.path("peers");
        if (!member.isEmpty() && peers.isObject() && !peers.isEmpty() && !peers.has(member)) {
            List<String> names = new ArrayList<>();
            peers.fieldNames().forEachRemaining(names::add);
            add("HF-0013", JsonPlace.of("member"), "'" + member + "' is not among the peers",
                    "add it to peers, or write one of: " + String.join(", ", names) + ".");
        }
    }

    private void severalPeersNeedTls() {
        int peers = tree.path("peers").size();
        if (peers > 1 && !tree.has("tls")) {
            add("HF-0014", JsonPlace.of("tls"), "missing, and there are " + peers + " peers",
                    "make certificates with 'holdfast certs init' and 'holdfast certs issue'; members speak mutual TLS only.");
        }
    }

    private void peersAreDistinct() {
        Map<HostPort, String> seen = new LinkedHashMap<>();
        tree.path("peers").properties().forEach(peer -> HostPort.read(peer.getValue().asText()).ifPresent(address -> {
            String other = seen.putIfAbsent(address, peer.getKey());
            if (other != null) {
                add("HF-0015", JsonPlace.of("peers", peer.getKey()), address + " is also the address of " + other,
                        "each member needs an address of its own.");
            }
        }));
    }

    private void portsAreDistinct() {
        List<JsonPlace> places = List.of(JsonPlace.of("listen", "api"), JsonPlace.of("listen", "health"),
                JsonPlace.of("listen", "peer"), JsonPlace.of("postgresql", "address"));
        for (int i = 0; i < places.size(); i++) {
            for (int j = 0; j < i; j++) {
                JsonPlace later = places.get(i);
                JsonPlace earlier = places.get(j);
                Optional<HostPort> one = address(later);
                Optional<HostPort> other = address(earlier);
                if (one.isPresent() && other.isPresent() && clash(one.get(), other.get())) {
                    add("HF-0016", later, one.get() + " clashes with " + earlier + " " + other.get(),
                            "give each its own port.");
                }
            }
        }
    }

    /** PostgreSQL listens on localhost besides its address, so its port counts there too; that is left to the start. */
    private static boolean clash(HostPort one, HostPort other) {
        return one.port() == other.port()
                && (one.host().equals(other.host()) || one.isWildcard() || other.isWildcard());
    }

    private void suspicionIsShorterThanTheLease() {
        JsonPlace settings = JsonPlace.of("cluster", "settings");
        Duration lease = duration(settings.then("lease"), ClusterSettings.DEFAULTS.lease());
        Duration suspect = duration(settings.then("suspect-after"), ClusterSettings.DEFAULTS.suspectAfter());
        if (suspect.compareTo(lease) >= 0) {
            JsonPlace place = settings
                    .then(document.lines().containsKey(settings.then("lease")) ? "lease" : "suspect-after");
            problems.add(suspicion(place.toString(), document.lineOf(place), lease, suspect));
        }
    }

    static ConfigProblem suspicion(String path, int line, Duration lease, Duration suspect) {
        return new ConfigProblem("HF-0017", path, line,
                "lease " + DurationText.write(lease) + " is not longer than suspect-after "
                        + DurationText.write(suspect),
                "a suspicion must be able to come before the lease runs out; raise the lease or lower suspect-after.");
    }

    private void acksCanBeGiven() {
        JsonNode acks = tree.path("cluster").path("settings").path("acks");
        int peers = tree.path("peers").size();
        if (acks.isInt() && peers > 1 && acks.asInt() > peers - 1) {
            add("HF-0018", JsonPlace.of("cluster", "settings", "acks"),
                    acks.asInt() + " standbys are to acknowledge, and there are at most " + (peers - 1),
                    "lower it, or add members; fewer than half of the others is usual.");
        }
    }

    private void recipientsAreNotMistyped() {
        JsonNode recipients = tree.path("backup").path("recipients");
        for (int i = 0; i < recipients.size(); i++) {
            if (!Recipient.isValid(recipients.path(i).asText())) {
                add("HF-0008", JsonPlace.of("backup", "recipients").then(i),
                        "'" + recipients.path(i).asText() + "' is not a public key, its checksum is wrong",
                        "copy it whole from the file NAME.pub that 'holdfast keys new' made.");
            }
        }
    }

    private void encryptionIsNotForgotten() {
        JsonPlace recipients = JsonPlace.of("backup", "recipients");
        boolean none = tree.path("backup").has("encryption");
        if (tree.path("backup").path("recipients").isEmpty() && !none) {
            add("HF-0024", recipients, "missing, so that backups could be read by everybody who gets at them",
                    "make a pair of keys with 'holdfast keys new' and name the public one here; or write 'encryption: none'.");
        } else if (!tree.path("backup").path("recipients").isEmpty() && none) {
            add("HF-0025", JsonPlace.of("backup", "encryption"),
                    "there are recipients, and backups are not to be encrypted",
                    "remove the one or the other.");
        }
    }

    private void theStoreCanBeReached() {
        JsonNode s3 = tree.path("backup").path("s3");
        if (s3.isObject() && !tree.path("backup").path("repository").asText().startsWith("s3:")) {
            add("HF-0026", JsonPlace.of("backup", "s3"), "the repository is not in an object store",
                    "remove it, or let repository begin with s3://.");
        }
        if (s3.has("access-key") != s3.has("secret-key")) {
            add("HF-0026", JsonPlace.of("backup", "s3"), "a key of the store has two parts, and one of them is missing",
                    "write both access-key and secret-key, or neither.");
        }
    }

    /** The schema sees five fields, and not what is in them. */
    private void theScheduleIsOne(JsonPlace place) {
        String schedule = SchemaCheck.nodeAt(place, tree).asText();
        if (schedule.split("\\s+", -1).length == 5) {
            try {
                Schedules.read(schedule);
            } catch (IllegalArgumentException e) {
                add("HF-0028", place, "'" + schedule + "' is no schedule: " + e.getMessage(),
                        "write minute, hour, day of the month, month and day of the week, such as 0 2 * * *.");
            }
        }
    }

    private void theRelayHasAMaster() {
        JsonNode redis = tree.path("redis");
        JsonNode master = redis.path("relay").path("master");
        List<String> known = new ArrayList<>();
        redis.path("masters").forEach(name -> known.add(name.asText()));
        if (master.isTextual() && !known.isEmpty() && !known.contains(master.asText())) {
            add("HF-6011", JsonPlace.of("redis", "relay", "master"),
                    "'" + master.asText() + "' is not among the masters",
                    "add it to masters, or write one of: " + String.join(", ", known) + ".");
        }
    }

    private void aDrillCanOpenBackups() {
        JsonNode backup = tree.path("backup");
        if (backup.path("drill").isObject() && !backup.path("drill").has("identity") && !backup.has("encryption")) {
            add("HF-0029", JsonPlace.of("backup", "drill", "identity"),
                    "missing, and backups are sealed: this member cannot restore one for a trial",
                    "name a file with a private key that opens them, or leave the section drill to a member that has one.");
        }
    }

    private Optional<HostPort> address(JsonPlace place) {
        JsonNode node = SchemaCheck.nodeAt(place, tree);
        if (node.isTextual()) {
            return HostPort.read(node.asText());
        }
        return node.isMissingNode() ? ConfigRecords.defaultAddress(place, tree) : Optional.empty();
    }

    private Duration duration(JsonPlace place, Duration otherwise) {
        return DurationText.read(SchemaCheck.nodeAt(place, tree).asText()).orElse(otherwise);
    }

    private void add(String code, JsonPlace place, String fact, String hint) {
        problems.add(new ConfigProblem(code, place.toString(), document.lineOf(place), fact, hint));
    }
}
