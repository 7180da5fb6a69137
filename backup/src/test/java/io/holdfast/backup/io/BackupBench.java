package io.holdfast.backup.io;

import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Backups beside Debian's pgBackRest at its best, by turns in one run, and beside what the machine can do at most.
 * {@code make bench-backup}; arguments: scale, rounds, directory. Both are processes of their own, pgBackRest
 * with two workers (process-max), neither waits for an archive, and the start of the process is in the time.
 */
public final class BackupBench implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final PrintStream OUT = System.out;
    private static final String OURS = "Holdfast";
    private static final String THEIRS = "pgBackRest";
    private static final String OVER = "over an old copy in memory";
    private static final String COLD = "over one on the disk, the same";
    private static final List<String> WORKS = List.of("full", "restore", "incremental", OVER, COLD);
    private static final int TRANSACTIONS = 20_000;
    private static final int CLIENTS = 4;
    /** The distribution; a worker of ours is started as its bin/holdfast would. */
    private static final Path DIST = Path.of(System.getProperty("holdfast.dist", "")).toAbsolutePath();

    private final BackupRig rig;
    private final BackupRig.Server server;
    private final Map<String, List<Measured>> measured = new LinkedHashMap<>();

    /**
     * What something took.
     *
     * @param seconds how long
     * @param memoryBytes the most that its processes had together
     * @param storedBytes the size of its repository afterwards; 0 where it has none
     */
    private record Measured(double seconds, long memoryBytes, long storedBytes) {}

    private BackupBench(Path parent) throws IOException {
        rig = new BackupRig(parent);
        Path data = rig.base.resolve("data");
        BackupRig.must(BackupRig.bin("initdb"), "-D", data.toString(), "-k", "-U", "postgres", "-A", "trust", "-N",
                "--locale=C.UTF-8");
        server = rig.new Server(data).configure("shared_buffers = 256MB", "max_wal_size = 4GB", "autovacuum = off",
                "archive_mode = off", "checkpoint_timeout = 1h").start();
        Files.writeString(rig.base.resolve("backup.key"), new String(Identity.generate().text()));
        Files.writeString(rig.base.resolve("pgbackrest.conf"), """
                [global]
                repo1-path=%1$s/pgbackrest
                repo1-bundle=y
                repo1-cipher-type=aes-256-cbc
                repo1-cipher-pass=a bench has no secrets
                compress-type=zst
                compress-level=3
                process-max=2
                start-fast=y
                archive-check=n
                log-level-console=warn
                log-level-file=off
                lock-path=%1$s/lock
                spool-path=%1$s/spool
                [bench]
                pg1-path=%2$s
                pg1-socket-path=%1$s
                pg1-port=%3$d
                pg1-user=postgres
                """.formatted(rig.base, data, server.port));
    }

    /** Runs it. */
    public static void main(String... arguments) throws IOException {
        int scale = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        Path parent = Path.of(arguments.length > 2 ? arguments[2] : "/var/tmp");
        if (Commands.run(PATIENCE, List.of("pgbackrest", "version")).exit() != 0) {
            OUT.println("pgbackrest is not installed: apt-get install --no-install-recommends pgbackrest");
            System.exit(2);
        }
        try (BackupBench bench = new BackupBench(parent)) {
            bench.fill(scale);
            for (int round = 0; round < rounds; round++) {
                OUT.printf("round %d of %d%n", round + 1, rounds);
                bench.round(round, round % 2 == 0);
            }
            bench.print();
        }
        System.exit(0);
    }

    /** At scale 100 about 3 GB: rows of pgbench, documents, bytes that nothing compresses, five thousand small tables. */
    private void fill(int scale) {
        OUT.printf("filling at scale %d%n", scale);
        pgbench("-i", "-q", "-s", scale + "");
        server.sql("CREATE TABLE documents AS SELECT i AS id, jsonb_build_object('name', md5(i::text), 'rank', i % 97,"
                + " 'city', (ARRAY['Basel', 'Graz', 'Ulm', 'Linz', 'Bern'])[1 + i % 5], 'words', repeat('lorem ', i % 9),"
                + " 'paid', i % 3 = 0, 'sum', random() * 1000) AS document FROM generate_series(1, " + 26_000 * scale
                + ") i");
        server.sql("CREATE TABLE pictures (id int, picture bytea)");
        server.sql("ALTER TABLE pictures ALTER picture SET STORAGE EXTERNAL");
        server.sql("INSERT INTO pictures SELECT i, (SELECT decode(string_agg(md5(random()::text || i || g), ''), 'hex')"
                + " FROM generate_series(1, 512) g) FROM generate_series(1, " + 750 * scale + ") i");
        server.sql(
                "DO $$ BEGIN FOR i IN 1.." + 50 * scale + " LOOP EXECUTE format('CREATE TABLE small_%s (id int PRIMARY"
                        + " KEY, t text)', i); EXECUTE format('INSERT INTO small_%s SELECT g, md5(g::text) FROM"
                        + " generate_series(1, 20) g', i); IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$");
        server.sql("CHECKPOINT");
    }

    private void pgbench(String... options) {
        List<String> command = new ArrayList<>(List.of(BackupRig.bin("pgbench"), "-h", rig.base.toString(), "-p",
                server.port + "", "-U", "postgres"));
        command.addAll(List.of(options));
        command.add("postgres");
        Commands.must(PATIENCE, command, "");
    }

    /** Each of the two does each work, the one after the other. */
    private void round(int round, boolean oursFirst) throws IOException {
        for (String directory : List.of("holdfast", "pgbackrest", "work")) {
            remove(directory);
        }
        // Not where something was just removed: a file system may look long for a number of a file that it may use again.
        Path here = rig.base.resolve("ours-" + round);
        Path there = rig.directory("theirs-" + round);
        Commands.must(PATIENCE, pgbackrest("stanza-create"), "");
        String files = "cd " + server.data + " && find base global -type f -print0 | xargs -0 ";
        floor("read", files + "-P 2 -n 256 cat >/dev/null");
        floor("zstd -1 -T2", files + "cat | zstd -1 -T2 -qc >/dev/null");
        floor("zstd -3 -T2", files + "cat | zstd -3 -T2 -qc >/dev/null");
        both("full", oursFirst, ours("backup"), pgbackrest("backup", "--type=full"));
        both("restore", oursFirst, ours("restore", here.toString()), pgbackrest("restore", "--pg1-path=" + there));
        pgbench("-n", "-c", CLIENTS + "", "-t", TRANSACTIONS / CLIENTS + "");
        server.sql("CHECKPOINT");
        both("incremental", oursFirst, ours("backup"), pgbackrest("backup", "--type=incr"));
        List<String> oursOver = ours("restore", here.toString(), "over");
        List<String> theirsOver = pgbackrest("restore", "--delta", "--pg1-path=" + there);
        // Whoever wrote through the kernel's cache would have it there; a server that was stopped for this has it there too.
        Commands.must("bash", "-c", "find " + here + " " + there + " -type f -exec cat {} + >/dev/null");
        both(OVER, oursFirst, oursOver, theirsOver);
        forgetFiles();
        both(COLD, oursFirst, oursOver, theirsOver);
        floor("copy", "cp -r " + server.data + " " + rig.base.resolve("copy-" + round) + " && sync");
        BackupRig.verify(owned(here));
    }

    /** What the kernel has of files is gone: as after a start of the machine. */
    private static void forgetFiles() throws IOException {
        Commands.must("sync");
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3\n");
    }

    private Path owned(Path directory) {
        rig.give(directory);
        return directory;
    }

    private void both(String what, boolean oursFirst, List<String> ours, List<String> theirs) throws IOException {
        if (oursFirst) {
            measure(OURS + " " + what, ours, "holdfast");
        }
        measure(THEIRS + " " + what, theirs, "pgbackrest");
        if (!oursFirst) {
            measure(OURS + " " + what, ours, "holdfast");
        }
    }

    private void floor(String what, String script) throws IOException {
        measure(what, List.of("bash", "-euo", "pipefail", "-c", script), "");
    }

    private List<String> ours(String... arguments) {
        List<String> command = new ArrayList<>(List.of("env", "MALLOC_ARENA_MAX=2",
                ProcessHandle.current().info().command().orElseThrow()));
        String flags = Commands.must(DIST.resolve("bin/holdfast").toString(), "--java-flags", "worker");
        command.addAll(List.of(flags.strip().split("\\s+")));
        command.addAll(List.of("-cp", DIST.resolve("lib/holdfast.jar") + ":" + System.getProperty("java.class.path"),
                BackupBenchWork.class.getName(), rig.base.toString(), server.port + ""));
        command.addAll(List.of(arguments));
        return command;
    }

    private List<String> pgbackrest(String... arguments) {
        List<String> command = new ArrayList<>(List.of("pgbackrest", "--config=" + rig.base.resolve("pgbackrest.conf"),
                "--stanza=bench"));
        command.addAll(List.of(arguments));
        return command;
    }

    private void measure(String what, List<String> command, String repository) throws IOException {
        // Nobody pays for what the one before has left to be written.
        Commands.must("sync");
        Path log = rig.base.resolve("log.txt");
        long from = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        long most = 0;
        try {
            while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
                most = Math.max(most, Stream.concat(Stream.of(process.toHandle()), process.descendants())
                        .mapToLong(one -> residentBytes(one.pid()))
                        .sum());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        double seconds = (System.nanoTime() - from) / 1e9;
        if (process.exitValue() != 0) {
            throw new IllegalStateException(what + " ended with " + process.exitValue() + ": " + Files.readString(log));
        }
        measured.computeIfAbsent(what, _ -> new ArrayList<>())
                .add(new Measured(seconds, most, repository.isEmpty() ? 0 : size(rig.base.resolve(repository))));
    }

    private static long residentBytes(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", pid + "", "status"))
                    .stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .sum();
        } catch (IOException e) {
            // It has ended.
            return 0;
        }
    }

    private static long size(Path directory) {
        return Long.parseLong(Commands.must("du", "-sb", directory.toString()).split("\\s", 2)[0]);
    }

    private void remove(String directory) throws IOException {
        RestoreRig.delete(rig.base.resolve(directory));
    }

    private void print() {
        long data = size(server.data.resolve("base"));
        OUT.printf(Locale.ROOT, "%n%d MB of data, %d processors; medians of %d rounds%n%n", data >> 20,
                Runtime.getRuntime().availableProcessors(), all("read").size());
        OUT.printf("| %-30s | %10s | %10s | %21s | %s%n", "", OURS, THEIRS, "times its throughput",
                "floor of the machine |");
        OUT.println("| --- | --- | --- | --- | --- |");
        for (String what : WORKS) {
            double ours = seconds(OURS + " " + what);
            double theirs = seconds(THEIRS + " " + what);
            OUT.printf(Locale.ROOT, "| %-30s | %8.2f s | %8.2f s | %21.2f | %s |%n", what, ours, theirs, theirs / ours,
                    switch (what) {
                        case "full" -> told("zstd -1 -T2") + ", " + told("zstd -3 -T2");
                        case "restore" -> told("copy");
                        default -> told("read");
                    });
        }
        memory();
        sizes();
    }

    private void memory() {
        for (String what : WORKS) {
            long ours = most(OURS + " " + what);
            long theirs = most(THEIRS + " " + what);
            OUT.printf(Locale.ROOT, "| memory, %s | %d MB | %d MB | %.2f times as much | the most of all rounds |%n",
                    what,
                    ours >> 20, theirs >> 20, (double) ours / theirs);
        }
    }

    private void sizes() {
        for (String what : List.of("full", "incremental")) {
            long ours = stored(OURS + " " + what);
            long theirs = stored(THEIRS + " " + what);
            OUT.printf(Locale.ROOT, "| repository after %s | %d MB | %d MB | %.3f times as large |  |%n", what,
                    ours >> 20,
                    theirs >> 20, (double) ours / theirs);
        }
    }

    private String told(String floor) {
        return String.format(Locale.ROOT, "%s %.2f s", floor, seconds(floor));
    }

    private double seconds(String what) {
        List<Double> all = all(what).stream().map(Measured::seconds).sorted().toList();
        return all.get(all.size() / 2);
    }

    private long most(String what) {
        return all(what).stream().mapToLong(Measured::memoryBytes).max().orElse(0);
    }

    private long stored(String what) {
        return all(what).getLast().storedBytes();
    }

    private List<Measured> all(String what) {
        return measured.getOrDefault(what, List.of());
    }

    @Override
    public void close() throws IOException {
        rig.close();
    }
}
