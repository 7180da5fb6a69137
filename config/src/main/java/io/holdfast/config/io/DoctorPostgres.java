package io.holdfast.config.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Durability;
import io.holdfast.config.Finding;
import io.holdfast.config.PostgresqlConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks at PostgreSQL's binaries and data directory. */
final class DoctorPostgres {
    private static final int OLDEST = 13;
    private static final List<String> BINARIES = List.of("postgres", "initdb", "pg_basebackup", "pg_rewind",
            "pg_controldata");
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ([0-9]+)(?:\\.([0-9]+))?");
    /**
     * The minor release of each major one from which a backend that starts before the checkpointer has read
     * {@code synchronous_standby_names} waits all the same (release notes of May 2025); 18 has it from the start.
     */
    private static final Map<Integer, Integer> WAITS_FROM_THE_START = Map.of(13, 21, 14, 18, 15, 13, 16, 9, 17, 5);

    private final PostgresqlConfig postgresql;
    private final ClusterSettings settings;

    DoctorPostgres(PostgresqlConfig postgresql, ClusterSettings settings) {
        this.postgresql = postgresql;
        this.settings = settings;
    }

    List<Finding> binaries() throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (String name : BINARIES) {
            if (!Files.isExecutable(postgresql.bin().resolve(name))) {
                findings.add(Finding.error("HF-0040", postgresql.bin().resolve(name) + " is not there or cannot be run",
                        "postgresql.bin must name the directory of a complete server installation."));
            }
        }
        Path postgres = postgresql.bin().resolve("postgres");
        if (Files.isExecutable(postgres)) {
            String answer = answer(postgres);
            Matcher matcher = VERSION.matcher(answer);
            if (matcher.find()) {
                String minor = matcher.group(2);
                version(Integer.parseInt(matcher.group(1)), minor == null ? 0 : Integer.parseInt(minor), findings);
            } else {
                findings.add(Finding.error("HF-0042", postgres + " --version answers '" + answer + "'",
                        "that is no PostgreSQL server; look at postgresql.bin."));
            }
        }
        return findings;
    }

    List<Finding> callbacks() {
        List<String> command = postgresql.callbacks().onRoleChange();
        return command.isEmpty() || Files.isExecutable(Path.of(command.getFirst()))
                ? List.of()
                : List.of(Finding.error("HF-0066", "postgresql.callbacks.on-role-change: " + command.getFirst()
                        + " is not there or cannot be run", "name a program that the agent's user may run."));
    }

    private void version(int major, int minor, List<Finding> findings) {
        if (major < OLDEST) {
            findings.add(Finding.error("HF-0041", "PostgreSQL " + major + " is not supported",
                    "install " + OLDEST + " or later and let postgresql.bin name it."));
        }
        if (settings.durability() == Durability.QUORUM && minor < WAITS_FROM_THE_START.getOrDefault(major, 0)) {
            findings.add(Finding.warning("HF-0048",
                    "PostgreSQL " + major + "." + minor
                            + " can acknowledge a commit without its standbys just after a start",
                    "for durability quorum install " + major + "." + WAITS_FROM_THE_START.get(major) + " or later."));
        }
        dataVersion().ifPresent(data -> {
            if (data != major) {
                findings.add(Finding.error("HF-0045",
                        postgresql.data() + " is of PostgreSQL " + data + ", the binaries are of " + major,
                        "let postgresql.bin name the binaries of " + data + ", or upgrade with pg_upgrade first."));
            }
        });
    }

    /** The major version of an existing data directory. */
    private OptionalInt dataVersion() {
        try {
            String text = Files.readString(postgresql.data().resolve("PG_VERSION")).strip();
            return text.matches("[0-9]{1,4}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
        } catch (IOException e) {
            // None yet, or it cannot be looked into: dataDirectory() says so.
            return OptionalInt.empty();
        }
    }

    List<Finding> dataDirectory() throws IOException {
        Path data = postgresql.data();
        if (!Files.exists(data)) {
            return DoctorHost.canBeMade("postgresql.data", data);
        }
        if (!Files.isDirectory(data)) {
            return List.of(Finding.error("HF-0046", data + " is not a directory", "look at postgresql.data."));
        }
        List<Finding> findings = new ArrayList<>(owner(data));
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(data));
        boolean used = Files.exists(data.resolve("PG_VERSION"));
        if (used && !mode.equals("rwx------") && !mode.equals("rwxr-x---")) {
            findings.add(Finding.error("HF-0044",
                    data + " has mode " + mode + ", and PostgreSQL starts with 0700 or 0750 only",
                    "chmod 0700 " + data));
        }
        if (!used && Files.isReadable(data)) {
            try (Stream<Path> entries = Files.list(data)) {
                entries.filter(entry -> !entry.getFileName().toString().equals("lost+found"))
                        .findFirst()
                        .ifPresent(entry -> findings.add(Finding.error("HF-0046",
                                data + " holds " + entry.getFileName() + " and is no data directory of PostgreSQL",
                                "name another directory, or empty this one if nothing there is needed.")));
            }
        }
        return findings;
    }

    /** The agent runs as the owner of the data directory; PostgreSQL refuses to be root's. */
    private static List<Finding> owner(Path data) throws IOException {
        String owner = Files.getOwner(data, LinkOption.NOFOLLOW_LINKS).getName();
        String self = String.valueOf(System.getProperty("user.name"));
        if (owner.equals("root")) {
            return List.of(Finding.error("HF-0043", data + " belongs to root, and PostgreSQL does not run as root",
                    "chown it to the user that PostgreSQL runs as, usually postgres."));
        }
        if (!self.equals("root") && !self.equals(owner)) {
            return List.of(Finding.error("HF-0043", data + " belongs to " + owner + ", and this user is " + self,
                    "run the agent as " + owner + ", or as root: it then changes to that user itself."));
        }
        return List.of();
    }

    private static String answer(Path postgres) throws IOException {
        Process process = new ProcessBuilder(postgres.toString(), "--version").redirectErrorStream(true).start();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                return "nothing within 10 s";
            }
            return new String(process.getInputStream().readNBytes(1000), java.nio.charset.StandardCharsets.UTF_8)
                    .strip();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "nothing: interrupted";
        } finally {
            process.destroyForcibly();
        }
    }
}
