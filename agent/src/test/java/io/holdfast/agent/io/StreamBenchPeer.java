package io.holdfast.agent.io;

import io.holdfast.config.HostPort;
import io.holdfast.statesync.Consensus;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.WatchEvent;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * One member of a measurement, in a process of its own: reads a question a line, answers with a line. Events and values carry the
 * writer's {@code nanoTime}, which all processes of a host share.
 */
final class StreamBenchPeer {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String FLOOR = "bench/floor";

    private final StreamMember member;
    private final List<Long> delays = Collections.synchronizedList(new ArrayList<>());

    private StreamBenchPeer(StreamMember member) {
        this.member = member;
        member.store.watch(FLOOR, member.store.local("").revision(), event -> {
            if (event instanceof WatchEvent.Changed changed
                    && changed.changes().getFirst() instanceof WatchEvent.Change.Written written) {
                delays.add(System.nanoTime() - Long.parseLong(written.entry().value()));
            }
        });
    }

    /** {@code NAME DIRECTORY PEERS SENTINELS}. */
    public static void main(String[] args) throws Exception {
        try (StreamMember member = new StreamMember(args[0], Path.of(args[1]), StreamMember.peers(args[2]),
                Arrays.stream(args[3].split(",", -1)).filter(text -> !text.isEmpty()).map(HostPort::parse).toList());
                BufferedReader questions = new BufferedReader(
                        new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            StreamBenchPeer peer = new StreamBenchPeer(member);
            for (String line = questions.readLine(); line != null; line = questions.readLine()) {
                System.out.println(peer.answer(line.split(" ", -1)));
            }
        }
    }

    private String answer(String[] question) {
        return switch (question[0]) {
            case "leader" -> {
                Consensus.Status status = member.store.status();
                yield status.hasQuorum() ? status.leader().map(MemberName::value).orElse("-") : "-";
            }
            case "floor" -> floor(Integer.parseInt(question[1]), Long.parseLong(question[2]));
            case "delays" -> delays.stream().map(String::valueOf).collect(Collectors.joining(" "));
            case "forget" -> {
                delays.clear();
                yield "ok";
            }
            case "events" -> events(Integer.parseInt(question[1]), Long.parseLong(question[2]));
            default -> throw new IllegalArgumentException(question[0]);
        };
    }

    /** Puts one after the other, so long after each other. */
    private String floor(int count, long micros) {
        for (int i = 0; i < count; i++) {
            TxnResult result = member.store
                    .commit(Txn.when().put(FLOOR, Long.toString(System.nanoTime())).build(), LONG);
            if (!(result instanceof TxnResult.Applied)) {
                throw new IllegalStateException(result.toString());
            }
            LockSupport.parkNanos(micros * 1000);
        }
        return "done";
    }

    /** So many events, one each so many microseconds; those that are late come at once. */
    private String events(int count, long micros) {
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            for (long left = start + i * micros * 1000 - System.nanoTime(); left > 0; left = start + i * micros * 1000
                    - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            member.log.append(EventType.DISK,
                    "a sentence of the usual length, which says what happened, and why it did",
                    Map.of("nanos", Long.toString(System.nanoTime()), "from", "db1"));
        }
        return "done";
    }
}
