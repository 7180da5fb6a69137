package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.backup.WalPresence;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A PostgreSQL with an archive made by cp, and others that are restored from its backups by the shell. */
final class BackupRig implements AutoCloseable {
    static final Path BIN = Path.of(System.getProperty("holdfast.postgres.bin", "/usr/lib/postgresql/15/bin"));
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** For one backup of a chain, much as docs/repository.md says: parts are put into their files. */
    private static final String UNPACK = """
            set -euo pipefail
            for shard in $(ls "$1"/shard-*.tar.zst.age | sort); do age -d -i "$2" "$shard" | zstd -dcq | tar -x -C "$3"; done
            cd "$3"
            find -L . -type f -name '*@*' | while IFS= read -r part; do
              dd if="$part" of="${part%@*}" bs=8192 seek=$((${part##*@} / 8192)) conv=notrunc status=none
              rm "$part"
            done
            """;
    /** After the last one: lengths, and what was dropped since. */
    private static final String TRIM = """
            set -euo pipefail
            cd "$1"
            list() { sed -n 's/^{ "Path": "\\([^"]*\\)", "Size": \\([0-9]*\\),.*/\\2 \\1/p' backup_manifest; }
            list | LC_ALL=C sort > "$1.want"
            find -L . -type f ! -name backup_manifest -printf '%s %P\\n' | LC_ALL=C sort > "$1.have"
            LC_ALL=C comm -23 "$1.want" "$1.have" | while read -r size path; do truncate -s "$size" "$path"; done
            LC_ALL=C comm -13 <(cut -d' ' -f2- "$1.want" | LC_ALL=C sort) <(cut -d' ' -f2- "$1.have" | LC_ALL=C sort) |
              while IFS= read -r path; do rm "$path"; done
            """;

    final Path base;
    final Path archive;
    private final List<Server> servers = new ArrayList<>();

    BackupRig() throws IOException {
        this(inMemory());
    }

    /** Below a directory. */
    BackupRig(Path parent) throws IOException {
        base = Files.createTempDirectory(parent, "hfbk");
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxrwxrwx"));
        archive = directory("archive");
    }

    private static Path inMemory() {
        Path memory = Path.of("/dev/shm");
        boolean room = Files.isWritable(memory) && memory.toFile().getUsableSpace() > 2L << 30;
        return room ? memory : Path.of("/tmp");
    }

    Path directory(String name) {
        Path made = base.resolve(name);
        must("mkdir", "-p", "-m", "700", made.toString());
        return made;
    }

    static String must(String... command) {
        List<String> whole = new ArrayList<>();
        if (Commands.ROOT) {
            whole.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        }
        whole.addAll(List.of(command));
        return Commands.must(PATIENCE, whole, "");
    }

    static String bin(String program) {
        return BIN.resolve(program).toString();
    }

    /** A running server. */
    final class Server {
        final Path data;
        final int port;
        final DatabaseAddress address;
        private final Path sockets;

        Server(Path data) throws IOException {
            this(data, base);
        }

        /** One that listens in another directory than the others. */
        Server(Path data, Path sockets) throws IOException {
            this.data = data;
            this.sockets = sockets;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort();
            }
            address = new DatabaseAddress(sockets, port, "postgres", null);
            servers.add(this);
        }

        Server configure(String... lines) throws IOException {
            Files.writeString(data.resolve("postgresql.conf"),
                    String.join("\n", "", "listen_addresses = ''", "port = " + port,
                            "unix_socket_directories = '" + base + "'", "fsync = off", "shared_buffers = 16MB",
                            String.join("\n", lines), ""),
                    StandardOpenOption.APPEND);
            return this;
        }

        Server start() {
            must(bin("pg_ctl"), "-D", data.toString(), "-l", base + "/" + port + ".log", "-w", "-t", "50", "start");
            return this;
        }

        void stop() {
            must(bin("pg_ctl"), "-D", data.toString(), "-m", "immediate", "-w", "stop");
            servers.remove(this);
        }

        String sql(String sql) {
            return must(bin("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", sockets.toString(), "-p", port + "",
                    "-U", "postgres", "-d", "postgres", "-c", sql).strip();
        }

        /** The checksums of all tables. */
        String sums() {
            return TableSums.of(this::sql);
        }
    }

    /** A primary with checksums and an archive. */
    Server primary() throws IOException {
        Path data = base.resolve("primary");
        must(bin("initdb"), "-D", data.toString(), "-k", "-U", "postgres", "-A", "trust", "-N", "--wal-segsize=1",
                "--locale=C.UTF-8");
        return new Server(data).configure("archive_mode = on",
                // A file is there whole or not at all.
                "archive_command = 'cp %p " + archive + "/%f.part && mv " + archive + "/%f.part " + archive + "/%f'",
                "wal_keep_size = 64MB", "autovacuum = off").start();
    }

    /** Says when WAL is in the archive, and finishes the last segment. */
    WalPresence wal(Server server) {
        return (range, atMost) -> {
            String last = server.sql("SELECT pg_walfile_name('" + range.stop() + "'); SELECT pg_switch_wal()")
                    .lines()
                    .findFirst()
                    .orElseThrow();
            Eventually.within(PATIENCE, "the archive has " + last, () -> Files.exists(archive.resolve(last)));
            return new WalPresence.Presence.Complete();
        };
    }

    /** All that was written so far is in the archive. */
    void archiveAll(Server server) {
        String last = server.sql("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)");
        String log = server.sql("SELECT pg_switch_wal(); SELECT pg_walfile_name(pg_current_wal_lsn() - 1)");
        Eventually.within(PATIENCE, "the archive has " + last + " " + log,
                () -> Files.exists(archive.resolve(last)));
    }

    /** What the shell makes of a chain of backups. */
    Path unpack(Path identity, List<Path> chain, String name) {
        Path data = directory(name);
        for (Path backup : chain) {
            Commands.must("bash", "-c", UNPACK, "unpack", backup.toString(), identity.toString(), data.toString());
        }
        Commands.must("bash", "-c", TRIM, "trim", data.toString());
        give(data);
        return data;
    }

    static void verify(Path data) {
        must(bin("pg_verifybackup"), "-e", "-n", data.toString());
    }

    /** Starts what was unpacked, and has it replay the archive to its end. */
    Server recover(Path data) throws IOException {
        Server server = new Server(data).configure("archive_mode = off",
                "restore_command = 'cp " + archive + "/%f %p'");
        must("touch", data.resolve("recovery.signal").toString());
        server.start();
        Eventually.within(PATIENCE, "recovery ends", () -> server.sql("SELECT pg_is_in_recovery()").equals("f"));
        return server;
    }

    void give(Path tree) {
        if (Commands.ROOT) {
            Commands.must("chown", "-R", "postgres:postgres", tree.toString());
        }
    }

    @Override
    public void close() throws IOException {
        for (Server server : List.copyOf(servers)) {
            if (Files.exists(server.data.resolve("postmaster.pid"))) {
                server.stop();
            }
        }
        try (Stream<Path> files = Files.walk(base)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        assertEquals(false, Files.exists(base));
    }
}
