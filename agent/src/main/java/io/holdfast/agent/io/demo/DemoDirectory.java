package io.holdfast.agent.io.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.holdfast.backup.io.KeyFiles;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.Recipient;
import io.holdfast.config.io.CertificateAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The demo's directory: made once, found again later. {@code demo.json} is written last: with it the directory is whole. */
final class DemoDirectory {
    /** A Unix socket's path has 107 bytes at most, and PostgreSQL's has a name of its own at the end. */
    private static final int LONGEST = 60;
    private static final ObjectMapper JSON = new ObjectMapper();

    private DemoDirectory() {}

    /** True when a demo was made here. */
    static boolean isDemo(Path directory) {
        return Files.isRegularFile(directory.resolve("demo.json"));
    }

    /** Makes a demo in a directory that is empty or not there. */
    static DemoPlan create(Path directory, int nodes, String durability) {
        check(directory);
        byte[] random = new byte[12];
        new SecureRandom().nextBytes(random);
        DemoPlan plan = DemoPlan.of(directory, nodes, DemoPorts.base(nodes + 2), HexFormat.of().formatHex(random));
        try {
            Files.createDirectories(directory);
            Path ca = directory.resolve("ca");
            CertificateAuthority.init(ca);
            Path sql = directory.resolve("first.sql");
            secret(sql, "CREATE ROLE " + DemoPlan.ROLE + " LOGIN PASSWORD '" + plan.password() + "';\n"
                    + "GRANT CREATE, USAGE ON SCHEMA public TO " + DemoPlan.ROLE + ";\n");
            byte[] seal = new byte[32];
            new SecureRandom().nextBytes(seal);
            secret(plan.sealKey(), Base64.getEncoder().encodeToString(seal) + "\n");
            Recipient recipient = KeyFiles.create(directory, "backup").recipient();
            Path walIdentity = KeyFiles.create(directory, "wal").identity();
            for (DemoPlan.Member member : plan.members()) {
                Files.createDirectories(member.directory());
                CertificateAuthority.issue(ca, member.name(), List.of("127.0.0.1", "localhost"), member.directory());
                Files.writeString(member.config(), yaml(plan, member, durability, sql, recipient, walIdentity));
            }
            secret(plan.json(), json(plan).toPrettyString() + "\n");
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5023", "the demo cannot be made in " + directory + ": " + e,
                    "'--dir DIR' names another directory."), e);
        }
        return plan;
    }

    /** Finds the demo that was made here. */
    static DemoPlan open(Path directory) {
        try {
            JsonNode json = JSON.readTree(Files.readString(directory.resolve("demo.json")));
            List<DemoPlan.Member> members = new ArrayList<>();
            for (JsonNode one : json.path("members")) {
                members.add(new DemoPlan.Member(one.path("name").asText(), directory.resolve(one.path("name").asText()),
                        one.path("postgres").asText(), one.path("health").asText(), one.path("api").asText(),
                        one.path("peer").asText()));
            }
            if (members.isEmpty()) {
                throw new IOException("it names no members");
            }
            return new DemoPlan(directory, json.path("password").asText(), members);
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem("HF-5022", "there is no demo in " + directory + ": " + e.getMessage(),
                            "'holdfast demo --dir DIR' makes one."),
                    e);
        }
    }

    private static void check(Path directory) {
        if (directory.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST) {
            throw new Problem("HF-5020", "the path " + directory + " is longer than " + LONGEST
                    + " bytes, which is too long for the sockets beneath it", "Name a shorter one with '--dir DIR'.")
                    .toException();
        }
        try (Stream<Path> entries = Files.exists(directory) ? Files.list(directory) : Stream.empty()) {
            if (entries.anyMatch(entry -> !entry.getFileName().toString().startsWith("holdfast-"))) {
                throw new Problem("HF-5021", directory + " is not empty, and no demo was made there",
                        "Name another with '--dir DIR', or remove it.").toException();
            }
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5023", "the directory " + directory + " cannot be read: " + e,
                    "'--dir DIR' names another directory."), e);
        }
    }

    private static String yaml(DemoPlan plan, DemoPlan.Member member, String durability, Path sql,
            Recipient recipient, Path walIdentity) {
        String peers = plan.members()
                .stream()
                .map(one -> one.name() + ": \"" + one.peer() + "\"")
                .collect(Collectors.joining(", "));
        return """
                # A member of a demo, made by 'holdfast demo'.
                cluster:
                  name: demo
                  settings:
                    durability: %s
                  bootstrap: {sql: %s}
                member: %s
                listen:
                  api: "%s"
                  health: "%s"
                  peer: "%s"
                  socket: %s
                peers: {%s}
                state: %s
                tls: {ca: %s, cert: %s, key: %s}
                postgresql:
                  data: %s
                  address: "%s"
                  hba: ["host all %s 127.0.0.1/32 scram-sha-256"]
                backup: {repository: %s, recipients: [%s], wal-identity: %s}
                sessions: {seal-key: %s}
                """.formatted(durability, quoted(sql), member.name(), member.api(), member.health(), member.peer(),
                quoted(member.socket()), peers, quoted(member.directory().resolve("state")),
                quoted(plan.directory().resolve("ca/ca.crt")),
                quoted(member.directory().resolve(member.name() + ".crt")),
                quoted(member.directory().resolve(member.name() + ".key")), quoted(member.data()), member.postgres(),
                DemoPlan.ROLE, quoted("file:" + plan.directory().resolve("repository")), recipient,
                quoted(walIdentity), quoted("${file:" + plan.sealKey() + "}"));
    }

    private static ObjectNode json(DemoPlan plan) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("url", plan.url()).put("user", DemoPlan.ROLE).put("password", plan.password());
        ArrayNode members = json.putArray("members");
        for (DemoPlan.Member member : plan.members()) {
            members.addObject()
                    .put("name", member.name())
                    .put("config", member.config().toString())
                    .put("data", member.data().toString())
                    .put("socket", member.socket().toString())
                    .put("postgres", member.postgres())
                    .put("health", member.health())
                    .put("api", member.api())
                    .put("peer", member.peer())
                    .put("log", member.log().toString());
        }
        return json.putNull("redis");
    }

    /** JSON's strings are YAML's (its specification, chapter 1.3), whatever is in the path. */
    private static String quoted(Path path) {
        return quoted(path.toString());
    }

    private static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }

    private static void secret(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }
}
