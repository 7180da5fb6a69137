package io.holdfast.testkit.io;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.LabNetwork.Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The files that an operator would write: certificates by {@code holdfast certs}, and a {@code holdfast.yaml} a member. */
final class LabFiles {
    /** 32 bytes, which nothing but tests is sealed with. */
    private static final String SEAL_KEY = "bGFic2VhbGtleWxhYnNlYWxrZXlsYWJzZWFsa2V5bGE=";

    private LabFiles() {}

    static void write(Lab lab) {
        certificates(lab);
        if (lab.spec().backups()) {
            makeKeys(lab);
        }
        lab.members().forEach(member -> file(member.config(), yaml(lab, member)));
    }

    private static void certificates(Lab lab) {
        Path certs = certs(lab);
        try {
            Files.createDirectories(certs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        give(certs);
        must(lab, "certs", "init", "--out", certs.toString());
        for (LabMember member : lab.members()) {
            must(lab, "certs", "issue", "--ca", certs.toString(), "--name", member.name(), "--host",
                    lab.network().host(member.name()), "--out", certs.toString());
        }
    }

    /** One pair for the operator, who alone has its private half, and one that opens WAL, for the nodes. */
    private static void makeKeys(Lab lab) {
        for (Path directory : List.of(lab.backups().keys(), lab.backups().repository(), lab.backups().restores())) {
            try {
                Files.createDirectories(directory);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            give(directory);
        }
        must(lab, "keys", "new", "--out", lab.backups().keys().toString(), "--name", "backup");
        must(lab, "keys", "new", "--out", lab.backups().keys().toString(), "--name", "wal");
    }

    private static String recipient(Lab lab) {
        try {
            return Files.readString(lab.backups().keys().resolve("backup.pub")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What stands in a member's file. */
    static String yaml(Lab lab, LabMember member) {
        LabNetwork network = lab.network();
        LabSpec spec = lab.spec();
        String name = member.name();
        String peers = spec.members()
                .stream()
                .map(m -> m + ": " + quoted(network.endpoint(m, Service.PEER)))
                .collect(Collectors.joining(", "));
        String hba = network.clientAccess().stream().map(LabFiles::quoted).collect(Collectors.joining(", "));
        StringBuilder yaml = new StringBuilder("cluster:\n  name: lab\n  settings:\n");
        spec.settings()
                .forEach((key, value) -> yaml.append("    ").append(key).append(": ").append(value).append('\n'));
        yaml.append("    parameters: {").append(flow(spec.parameters())).append("}\n");
        yaml.append("member: ").append(name).append("\nlisten:\n");
        yaml.append("  api: ").append(quoted(network.endpoint(name, Service.API))).append('\n');
        yaml.append("  health: ").append(quoted(network.endpoint(name, Service.HEALTH))).append('\n');
        yaml.append("  peer: ").append(quoted(network.endpoint(name, Service.PEER))).append('\n');
        yaml.append("  socket: ").append(member.directory().resolve("holdfast.sock")).append('\n');
        yaml.append("peers: {").append(peers).append("}\n");
        yaml.append("state: ").append(member.directory().resolve("state")).append('\n');
        yaml.append("tls: {ca: ")
                .append(certs(lab).resolve("ca.crt"))
                .append(", cert: ")
                .append(certs(lab).resolve(name + ".crt"))
                .append(", key: ")
                .append(certs(lab).resolve(name + ".key"))
                .append("}\n");
        yaml.append("sessions: {seal-key: ").append(SEAL_KEY).append("}\n");
        if (spec.redis()) {
            String sentinels = lab.redis()
                    .nodes()
                    .stream()
                    .map(node -> quoted(node.sentinel().toString()))
                    .collect(Collectors.joining(", "));
            yaml.append("redis: {sentinels: [").append(sentinels).append("], masters: [").append(RedisTrio.MASTER);
            yaml.append("], mode: act, relay: {master: ").append(RedisTrio.MASTER).append("}}\n");
        }
        if (member.isWitness()) {
            return yaml.toString();
        }
        yaml.append("postgresql:\n  data: ").append(member.data()).append('\n');
        if (!spec.bin().isEmpty()) {
            yaml.append("  bin: ").append(spec.bin()).append('\n');
        }
        yaml.append("  address: ").append(quoted(network.endpoint(name, Service.POSTGRES))).append('\n');
        yaml.append("  hba: [").append(hba).append("]\n");
        if (spec.backups()) {
            yaml.append("backup:\n  repository: ").append(quoted("file:" + lab.backups().repository())).append('\n');
            yaml.append("  recipients: [").append(recipient(lab)).append("]\n");
            yaml.append("  wal-identity: ").append(lab.backups().keys().resolve("wal.key")).append('\n');
        }
        return yaml.toString();
    }

    static Path certs(Lab lab) {
        return lab.directory().resolve("certs");
    }

    /** Writes a file that the user whom PostgreSQL runs as owns. */
    static void file(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        give(file);
    }

    private static void give(Path path) {
        if (Commands.ROOT) {
            Commands.must("chown", "postgres:postgres", path.toString());
        }
    }

    private static void must(Lab lab, String... verb) {
        Commands.Result result = lab.distribution().run(lab.directory(), List.of(verb));
        if (result.exit() != 0) {
            throw new IllegalStateException(
                    "'holdfast " + String.join(" ", verb) + "' ended with " + result.exit() + ": "
                            + result.text());
        }
    }

    private static String flow(Map<String, String> values) {
        return values.entrySet()
                .stream()
                .map(e -> e.getKey() + ": " + quoted(e.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String quoted(String value) {
        return "\"" + value + "\"";
    }
}
