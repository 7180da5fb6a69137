package io.holdfast.statesync;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures the shared state on three peers, each a process of its own, on loopback, with fsync; and what the disk alone takes in
 * the same minute, since a busy machine makes all of it slow: {@code StateBench [COMMITS [KILLS [MIN MAX]]]}, the last two being
 * the election time-outs in milliseconds.
 */
public final class StateBench {
    private static final int WARM_UP = 200;
    private static final int PAGE = 4096;

    private final Path directory;
    private final Map<String, Peer> peers = new LinkedHashMap<>();
    private final String addresses;
    private final List<String> election;

    /** A peer's process and its pipe. */
    private record Peer(Process process, BufferedReader answers, BufferedWriter questions) {
        String ask(String question) {
            tell(question);
            return answer();
        }

        void tell(String question) {
            try {
                questions.write(question + "\n");
                questions.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String answer() {
            try {
                String line = answers.readLine();
                if (line == null) {
                    throw new IllegalStateException("a peer has ended");
                }
                return line;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private StateBench(Path directory, List<String> election) throws IOException {
        this.directory = directory;
        this.election = election;
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        addresses = held.stream()
                .map(socket -> "db" + (held.indexOf(socket) + 1) + "=127.0.0.1:" + socket.getLocalPort())
                .collect(Collectors.joining(","));
        for (ServerSocket socket : held) {
            socket.close();
        }
    }

    /** Measures and prints. */
    public static void main(String[] args) throws IOException {
        int commits = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
        int kills = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        List<String> election = args.length > 3 ? List.of(args[2], args[3]) : List.of("300", "600");
        Path directory = Files.createTempDirectory(Path.of("").toAbsolutePath().resolve("state-sync/target"), "bench");
        StateBench bench = new StateBench(directory, election);
        try {
            System.out.println("load average " + load() + ", election time-outs " + String.join("-", election) + " ms");
            for (String name : List.of("db1", "db2", "db3")) {
                bench.start(name);
            }
            bench.latencies(commits);
            bench.kills(kills);
            System.out.println("load average " + load());
        } finally {
            bench.peers.values().forEach(peer -> peer.process().destroyForcibly());
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    /** Under the agent's own flags, as far as they matter here. */
    private void start(String name) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx96m", "-Xmn8m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
                "-Dslf4j.internal.verbosity=ERROR", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
                StateBenchPeer.class.getName(), name, directory.resolve(name).toString(), addresses));
        command.addAll(election);
        Process process = new ProcessBuilder(command)
                .redirectError(directory.resolve(name + ".log").toFile())
                .start();
        peers.put(name, new Peer(process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8))));
    }

    private void latencies(int commits) throws IOException {
        String leader = leader();
        List<Peer> order = new ArrayList<>(peers.values());
        order.forEach(peer -> peer.ask("commit warm " + WARM_UP));
        order.forEach(peer -> peer.ask("range " + WARM_UP / 4));
        print("4 KiB write and fsync", disk(commits));
        peers.forEach((name, peer) -> {
            String role = name.equals(leader) ? "leader" : "follower";
            order.forEach(each -> each.ask("forget"));
            print("commit on the " + role, numbers(peer.ask("commit watched " + commits / 3)));
            print("range on the " + role, numbers(peer.ask("range " + commits / 10)));
            List<Long> delays = new ArrayList<>();
            order.forEach(each -> delays.addAll(numbers(watched(each, commits / 3))));
            print("put to watch, three members", delays);
        });
        print("4 KiB write and fsync", disk(commits));
    }

    /** The slowest watch may be behind the commit by a moment. */
    private static String watched(Peer peer, int expected) {
        String seen = peer.ask("watched");
        for (int i = 0; i < 1000 && numbers(seen).size() < expected; i++) {
            pause();
            seen = peer.ask("watched");
        }
        return seen;
    }

    private void kills(int kills) throws IOException {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < kills; i++) {
            String leader = leader();
            Peer other = peers.entrySet()
                    .stream()
                    .filter(e -> !e.getKey().equals(leader))
                    .findFirst()
                    .orElseThrow()
                    .getValue();
            other.ask("commit killed 20");
            long start = System.nanoTime();
            Peer killed = peers.remove(leader);
            killed.process().destroyForcibly();
            other.ask("commit killed 1");
            nanos.add(System.nanoTime() - start);
            start(leader);
        }
        print("leader killed to commit", nanos);
    }

    private String leader() {
        while (true) {
            List<String> seen = peers.values().stream().map(peer -> peer.ask("leader")).distinct().toList();
            if (seen.size() == 1 && !seen.getFirst().equals("-")) {
                return seen.getFirst();
            }
            pause();
        }
    }

    private List<Long> disk(int writes) throws IOException {
        List<Long> nanos = new ArrayList<>();
        Path file = directory.resolve("floor");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < writes; i++) {
                long start = System.nanoTime();
                channel.write(ByteBuffer.allocate(PAGE));
                channel.force(false);
                nanos.add(System.nanoTime() - start);
            }
        }
        return nanos;
    }

    private static List<Long> numbers(String line) {
        return line.isEmpty() ? List.of() : Arrays.stream(line.split(" ", -1)).map(Long::valueOf).toList();
    }

    private static void print(String what, List<Long> nanos) {
        double[] millis = nanos.stream().mapToDouble(n -> n / 1e6).sorted().toArray();
        System.out.println(String.format(Locale.ROOT,
                "%-28s n=%5d  p50 %7.2f ms  p90 %7.2f ms  p99 %7.2f ms  max %7.2f ms", what, millis.length,
                at(millis, 0.5), at(millis, 0.9), at(millis, 0.99), at(millis, 1)));
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }

    private static String load() throws IOException {
        return String.join(" ", Arrays.copyOf(Files.readString(Path.of("/proc/loadavg")).split(" ", -1), 3));
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
