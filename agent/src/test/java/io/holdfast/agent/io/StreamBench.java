package io.holdfast.agent.io;

import io.holdfast.agent.io.StreamClient.Seen;
import io.holdfast.testkit.io.RedisEvents;
import io.holdfast.testkit.io.RedisTrio;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.clients.jedis.HostAndPort;

/**
 * Measures the stream of events on three members, each a process of its own with the agent's flags, on loopback, with fsync: from
 * an event at one member to a client of another and to a subscriber of a Redis, beside what a put takes to the other's watch, in turns in the same run; then
 * many events for a while, with a client that resumes five times: {@code StreamBench [EVENTS [RATE [SECONDS]]]}.
 */
public final class StreamBench {
    private static final List<String> NAMES = List.of("db1", "db2", "db3");
    private static final int ROUNDS = 5;
    private static final int RESUMES = 5;
    private static final long GENTLE_MICROS = 20_000;
    private static final Pattern NANOS = Pattern.compile("\"nanos\":\"(\\d+)\"");

    private final Path directory;
    private final RedisTrio redis;
    private final String addresses;
    private final Map<String, Peer> peers = new LinkedHashMap<>();

    /** A member's process and its pipe. */
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
                    throw new IllegalStateException("a member has ended");
                }
                return line;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private StreamBench(Path directory, RedisTrio redis) throws IOException {
        this.directory = directory;
        this.redis = redis;
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < NAMES.size(); i++) {
            held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        addresses = held.stream()
                .map(socket -> NAMES.get(held.indexOf(socket)) + "=127.0.0.1:" + socket.getLocalPort())
                .collect(Collectors.joining(","));
        for (ServerSocket socket : held) {
            socket.close();
        }
    }

    /** Measures and prints. */
    public static void main(String[] args) throws Exception {
        int events = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
        int rate = args.length > 1 ? Integer.parseInt(args[1]) : 500;
        int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
        Path directory = Files.createTempDirectory("holdfast-streams");
        RedisTrio redis = RedisTrio.start(RedisTrio.Spec.USUAL.withDownAfter(Duration.ofSeconds(10)));
        StreamBench bench = new StreamBench(directory, redis);
        try (redis) {
            System.out.println("load average " + load());
            for (String name : NAMES) {
                bench.start(name);
            }
            String leader = bench.leader();
            System.out.println(leader + " leads the consensus; events happen at db1, clients are at db2 and db3");
            bench.latencies(events);
            bench.rate(rate, seconds);
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
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xms24m",
                "-Xmx96m", "-Xmn8m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
                "-Dslf4j.internal.verbosity=ERROR", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
                StreamBenchPeer.class.getName(), name, directory.resolve(name).toString(), addresses,
                redis.sentinels().stream().map(HostAndPort::toString).collect(Collectors.joining(",")));
        Process process = new ProcessBuilder(command).redirectError(directory.resolve(name + ".log").toFile()).start();
        peers.put(name, new Peer(process,
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
                new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8))));
    }

    private Peer peer(String name) {
        Peer peer = peers.get(name);
        if (peer == null) {
            throw new IllegalStateException("there is no " + name);
        }
        return peer;
    }

    private String leader() {
        while (true) {
            List<String> seen = peers.values().stream().map(peer -> peer.ask("leader")).distinct().toList();
            if (seen.size() == 1 && !seen.getFirst().equals("-")) {
                return seen.getFirst();
            }
            pause(20);
        }
    }

    /** In turns, so that both meet the same machine. */
    private void latencies(int events) throws IOException {
        List<Long> floor = new ArrayList<>();
        List<Long> delays = Collections.synchronizedList(new ArrayList<>());
        List<Long> inRedis = Collections.synchronizedList(new ArrayList<>());
        Peer source = peer("db1");
        source.ask("floor 200 1000");
        source.ask("events 200 2000");
        try (StreamFollower second = follow("db2", event -> delays.add(delay(event)));
                StreamFollower third = follow("db3", event -> delays.add(delay(event)));
                RedisEvents subscriber = new RedisEvents(redis, StreamMember.CLUSTER,
                        message -> inRedis.add(delay(message, System.nanoTime())))) {
            // What becomes of Redis is an event too: there may be some more.
            awaitLast(second, 200);
            awaitLast(third, 200);
            while (subscriber.lastNumber() < second.last()) {
                pause(10);
            }
            long begin = second.last();
            inRedis.clear();
            delays.clear();
            for (int round = 1; round <= ROUNDS; round++) {
                peers.values().forEach(peer -> peer.ask("forget"));
                source.ask("floor " + events / ROUNDS + " " + GENTLE_MICROS);
                pause(300);
                for (String name : List.of("db2", "db3")) {
                    Arrays.stream(peer(name).ask("delays").split(" ", -1)).map(Long::valueOf).forEach(floor::add);
                }
                source.ask("events " + events / ROUNDS + " " + GENTLE_MICROS);
                long due = begin + (long) round * (events / ROUNDS);
                awaitLast(second, due);
                awaitLast(third, due);
                while (subscriber.lastNumber() < due) {
                    pause(10);
                }
            }
            print("put to watch", floor);
            print("event to client", delays);
            print("event to Redis subscriber", inRedis);
            subscriber.wrong().forEach(System.out::println);
        }
    }

    private void rate(int rate, int seconds) throws IOException {
        List<Long> delays = Collections.synchronizedList(new ArrayList<>());
        List<Long> inRedis = Collections.synchronizedList(new ArrayList<>());
        int count = rate * seconds;
        try (StreamFollower follower = new StreamFollower(
                List.of(socket("db2"), socket("db3")), event -> delays.add(delay(event)));
                RedisEvents subscriber = new RedisEvents(redis, StreamMember.CLUSTER,
                        message -> inRedis.add(delay(message, System.nanoTime())))) {
            pause(1000);
            long before = follower.last();
            delays.clear();
            inRedis.clear();
            long start = System.nanoTime();
            peer("db1").tell("events " + count + " " + 1_000_000 / rate);
            for (int i = 1; i <= RESUMES; i++) {
                awaitLast(follower, before + (long) count * i / (RESUMES + 1));
                follower.resume();
            }
            awaitLast(follower, before + count);
            double took = (System.nanoTime() - start) / 1e9;
            peer("db1").answer();
            System.out.println(String.format(Locale.ROOT,
                    "%d events in %.1f s, %.0f/s; %d connections; %d gaps or out of order", count, took, count / took,
                    follower.connections(), follower.wrong().size()));
            follower.wrong().forEach(System.out::println);
            print("event to client, at that rate", delays);
            while (subscriber.lastNumber() < before + count) {
                pause(10);
            }
            pause(500);
            print("event to Redis subscriber", inRedis);
            System.out.println(subscriber.wrong().size() + " gaps or out of order in the Redis stream, "
                    + subscriber.unheard(before + 1, before + count).size() + " not heard by its subscriber");
        }
    }

    private StreamFollower follow(String name, java.util.function.Consumer<Seen> heard) {
        return new StreamFollower(List.of(socket(name)), heard);
    }

    private Path socket(String name) {
        return StreamMember.socket(directory.resolve(name));
    }

    private static void awaitLast(StreamFollower follower, long number) {
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (follower.last() < number) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("event " + number + " did not come; the last was " + follower.last()
                        + "; " + follower.wrong());
            }
            pause(10);
        }
    }

    private static long delay(Seen event) {
        return delay(event.data(), event.nanos());
    }

    /** Of an event that was not made here, such as one about Redis, there is none. */
    private static long delay(String data, long nanos) {
        Matcher matcher = NANOS.matcher(data);
        return matcher.find() ? nanos - Long.parseLong(matcher.group(1)) : -1;
    }

    private static void print(String what, List<Long> nanos) {
        double[] millis = List.copyOf(nanos)
                .stream()
                .filter(n -> n >= 0)
                .mapToDouble(n -> n / 1e6)
                .sorted()
                .toArray();
        System.out.println(String.format(Locale.ROOT,
                "%-30s n=%5d  p50 %7.2f ms  p90 %7.2f ms  p99 %7.2f ms  max %7.2f ms", what, millis.length,
                at(millis, 0.5), at(millis, 0.9), at(millis, 0.99), at(millis, 1)));
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, sorted.length * share)];
    }

    private static String load() throws IOException {
        return String.join(" ", Arrays.copyOf(Files.readString(Path.of("/proc/loadavg")).split(" ", -1), 3));
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
