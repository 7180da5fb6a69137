package io.holdfast.statesync;

import io.holdfast.statesync.io.RatisOptions;
import io.holdfast.statesync.io.RatisStateStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One peer of a measurement, in a process of its own: reads a question a line, answers with a line. Values are the writer's
 * {@code nanoTime}, which all processes of a host share.
 */
final class StateBenchPeer {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final RatisStateStore store;
    private final List<Long> delays = Collections.synchronizedList(new ArrayList<>());

    private StateBenchPeer(RatisStateStore store) {
        this.store = store;
        store.watch("bench/watched", store.local("").revision(), event -> {
            if (event instanceof WatchEvent.Changed changed
                    && changed.changes().getFirst() instanceof WatchEvent.Change.Written written) {
                delays.add(System.nanoTime() - Long.parseLong(written.entry().value()));
            }
        });
    }

    /** {@code NAME DIRECTORY PEERS MIN MAX}: peers as {@code db1=127.0.0.1:1,…}, election time-outs in milliseconds. */
    public static void main(String[] args) throws IOException {
        Map<MemberName, String> peers = new TreeMap<>();
        for (String peer : args[2].split(",", -1)) {
            String[] parts = peer.split("=", 2);
            peers.put(new MemberName(parts[0]), parts[1]);
        }
        RatisOptions options = RatisOptions.of("bench", new MemberName(args[0]), args[0], peers, Path.of(args[1]))
                .withElection(Duration.ofMillis(Long.parseLong(args[3])), Duration.ofMillis(Long.parseLong(args[4])));
        try (RatisStateStore store = new RatisStateStore(options);
                BufferedReader questions = new BufferedReader(
                        new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            StateBenchPeer peer = new StateBenchPeer(store);
            for (String line = questions.readLine(); line != null; line = questions.readLine()) {
                System.out.println(peer.answer(line.split(" ", -1)));
            }
        }
    }

    private String answer(String[] question) {
        return switch (question[0]) {
            case "leader" -> {
                Consensus.Status status = store.status();
                yield status.hasQuorum() ? status.leader().map(MemberName::value).orElse("-") : "-";
            }
            case "commit" -> timed(question[1], Integer.parseInt(question[2]));
            case "range" -> ranged(Integer.parseInt(question[1]));
            case "watched" -> text(delays);
            case "forget" -> {
                delays.clear();
                yield "ok";
            }
            default -> throw new IllegalArgumentException(question[0]);
        };
    }

    /** Commits one after the other. */
    private String timed(String key, int count) {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            TxnResult result = store.commit(Txn.when().put("bench/" + key, Long.toString(start)).build(), LONG);
            if (!(result instanceof TxnResult.Applied)) {
                throw new IllegalStateException(result.toString());
            }
            nanos.add(System.nanoTime() - start);
        }
        return text(nanos);
    }

    private String ranged(int count) {
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            if (store.range("bench/", LONG).stale()) {
                throw new IllegalStateException("a stale answer");
            }
            nanos.add(System.nanoTime() - start);
        }
        return text(nanos);
    }

    private static String text(List<Long> nanos) {
        synchronized (nanos) {
            return nanos.stream().map(String::valueOf).collect(Collectors.joining(" "));
        }
    }
}
