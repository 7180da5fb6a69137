package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.io.StreamClient.Seen;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three members whose consensus is real, in this JVM; they are ended while events happen at all of them, and begin again. */
class EventStreamIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final List<String> NAMES = List.of("db1", "db2", "db3");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Map<String, StreamMember> members = new ConcurrentHashMap<>();
    private final Map<MemberName, String> peers = new TreeMap<>();

    @BeforeEach
    void start() throws Exception {
        List<ServerSocket> held = new ArrayList<>();
        for (String name : NAMES) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            peers.put(new MemberName(name), "127.0.0.1:" + socket.getLocalPort());
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        for (String name : NAMES) {
            start(name);
        }
        leader();
    }

    private void start(String name) throws Exception {
        members.put(name, new StreamMember(name, directory.resolve(name), peers));
    }

    @AfterEach
    void stop() throws IOException {
        for (StreamMember member : members.values()) {
            member.close();
        }
    }

    /** The consensus leader that all members agree on. */
    private String leader() {
        return Eventually.get(SOON, "all agree on a leader", () -> {
            List<String> known = members.values()
                    .stream()
                    .map(member -> member.store.status().leader().map(MemberName::value).orElse("-"))
                    .distinct()
                    .toList();
            return known.size() == 1 && members.containsKey(known.getFirst())
                    ? java.util.Optional.of(known.getFirst())
                    : java.util.Optional.empty();
        });
    }

    @Test
    void noEventIsMissingOrThereTwiceAfterThreeMembersHaveEndedAndBegunAgain() throws Exception {
        run(3, 60);
    }

    @Test
    @Tag("long")
    void norAfterTwenty() throws Exception {
        run(20, 1000);
    }

    /** Every second time it is the consensus leader. */
    private void run(int ends, int events) throws Exception {
        long seed = System.nanoTime() & 0xffffff;
        Random random = new Random(seed);
        AtomicBoolean over = new AtomicBoolean();
        Set<String> told = ConcurrentHashMap.newKeySet();
        List<Path> sockets = NAMES.stream().map(name -> StreamMember.socket(directory.resolve(name))).toList();
        try (StreamFollower follower = new StreamFollower(sockets, event -> {})) {
            Thread source = Thread.ofPlatform().start(() -> tell(told, over));
            for (int i = 0; i < ends; i++) {
                long due = follower.last() + events / ends;
                Eventually.within(SOON, "event " + due, () -> follower.last() >= due);
                String victim = i % 2 == 0 ? leader() : NAMES.get(random.nextInt(NAMES.size()));
                StreamMember ended = members.remove(victim);
                assertTrue(ended != null, victim);
                ended.close();
                follower.resume();
                start(victim);
            }
            over.set(true);
            source.join();
            Eventually.within(SOON, "all that was told is there, seed " + seed,
                    () -> texts(follower.seen()).containsAll(told));
            assertEquals(List.of(), follower.wrong(), () -> "seed " + seed);
            List<String> texts = follower.seen().stream().map(EventStreamIT::text).toList();
            assertEquals(new TreeSet<>(texts).size(), texts.size(), () -> "none twice, seed " + seed);
            assertTrue(follower.connections() > ends, "it has resumed");
        }
    }

    /** What is in a member's file was told, and must come, whatever becomes of the member. */
    private void tell(Set<String> told, AtomicBoolean over) {
        for (int i = 0; !over.get(); i++) {
            String name = NAMES.get(i % NAMES.size());
            StreamMember member = members.get(name);
            if (member != null) {
                String text = "event " + i;
                Path file = directory.resolve(name).resolve("events.jsonl");
                member.log.append(EventType.DISK, text, Map.of());
                Eventually.within(SOON, text + " is in a file, or the member has ended",
                        () -> has(file, text) || members.get(name) != member);
                if (has(file, text)) {
                    told.add(text);
                }
            }
        }
    }

    private static boolean has(Path file, String text) {
        try {
            return Files.exists(file) && Files.readString(file).contains("\"" + text + "\"");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Set<String> texts(List<Seen> seen) {
        Set<String> texts = new TreeSet<>();
        seen.forEach(event -> texts.add(text(event)));
        return texts;
    }

    private static String text(Seen event) {
        try {
            JsonNode json = JSON.readTree(event.data());
            return json.path("text").asText();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
