package io.holdfast.testkit.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL without any agent, in a lab's member: what the lab and its clients are tried on, and what Holdfast is compared with. */
public final class PlainPostgres {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private PlainPostgres() {}

    static Path bin(String program) {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(v -> v.resolve("bin").resolve(program))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException("no PostgreSQL", e);
        }
    }

    /**
     * A primary of its own.
     *
     * @param settings lines of postgresql.conf beside the lab's own, which trade safety for speed
     */
    public static void primary(LabMember member, String... settings) throws IOException {
        must(member, List.of(bin("initdb").toString(), "-D", member.data().toString(), "-U", "postgres", "-A", "trust",
                "-N"));
        List<String> hba = new ArrayList<>(member.network().clientAccess());
        member.network().clientAccess().forEach(line -> hba.add(line.replace("host all all", "host replication all")));
        Files.write(member.data().resolve("pg_hba.conf"), hba, StandardOpenOption.APPEND);
        configure(member, settings);
        start(member);
    }

    /** A streaming standby of another, in an empty data directory. */
    public static void standby(LabMember member, LabMember of, String... settings) throws IOException {
        must(member, List.of(bin("pg_basebackup").toString(), "-D", member.data().toString(), "-R", "-c", "fast", "-d",
                "host=" + of.target().host() + " port=" + of.target().port() + " user=postgres application_name="
                        + member));
        configure(member, settings);
        start(member);
    }

    static void start(LabMember member) {
        member.start(List.of("setsid", bin("postgres").toString(), "-D", member.data().toString()), "postgres.log");
        Eventually.within(PATIENCE, member + " answers", () -> member.target().ask("SELECT 1").isPresent());
    }

    /** Ends it at once, without a checkpoint, and empties its data directory. */
    public static void drop(LabMember member) {
        member.postmasterPid().ifPresent(pid -> Signals.send(pid, Signals.QUIT));
        Eventually.within(PATIENCE, member + " has stopped", () -> member.processes().isEmpty());
        member.faults().deleteData();
    }

    private static void configure(LabMember member, String... settings) throws IOException {
        Files.writeString(member.data().resolve("postgresql.conf"), String.join("\n",
                "listen_addresses = '" + member.target().host() + "'", "port = " + member.target().port(),
                "unix_socket_directories = '" + member.directory() + "'", "shared_buffers = 16MB", "fsync = off",
                "wal_receiver_status_interval = 1", "restart_after_crash = off", String.join("\n", settings), ""));
    }

    private static void must(LabMember member, List<String> command) {
        Commands.Result result = member.run(PATIENCE, command);
        if (result.exit() != 0) {
            throw new IllegalStateException(command + ": " + result.text());
        }
    }
}
