package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.io.StreamClient.Seen;
import io.holdfast.sessions.Role;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventStreamsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration NEVER = Duration.ofMinutes(10);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Served served = new Served();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        served.close();
    }

    private void serve(int most, Duration heartbeat, Duration patience) throws Exception {
        served.limits = new EventStreams.Limits(most, heartbeat, patience);
        served.api(socket(), Set.of(System.getProperty("user.name")), new MemoryAgent());
    }

    private Path socket() {
        return directory.resolve("a.sock");
    }

    private StreamClient client(String query, String... headers) throws IOException {
        return new StreamClient(socket(), query, List.of(headers), seen::add);
    }

    private void awaitSeen(int count) {
        Eventually.within(SOON, count + " events", () -> seen.size() == count);
    }

    private List<Long> numbers() {
        return seen.stream().map(Seen::number).toList();
    }

    @Test
    void whatIsKnownComesFirstAndThenWhatHappens() throws Exception {
        serve(5, NEVER, SOON);
        served.happen(EventType.TAKEOVER, "one", 1);
        served.happen(EventType.DISK, "two\nlines", 1);
        try (StreamClient client = client("?after=0")) {
            awaitSeen(2);
            served.happen(EventType.DISK, "more", 2);
            awaitSeen(4);
            assertEquals(List.of(1L, 2L, 3L, 4L), numbers());
            assertEquals(List.of("takeover", "disk", "disk", "disk"), seen.stream().map(Seen::type).toList());
            JsonNode second = JSON.readTree(seen.get(1).data());
            assertEquals(List.of("orders", "db1", "two\nlines", "2"),
                    List.of(second.path("cluster").asText(), second.path("member").asText(),
                            second.path("text").asText(), second.path("number").asText()));
            assertTrue(client.head().contains("content-type: text/event-stream"), () -> client.head().toString());
            assertTrue(client.head().contains("cache-control: no-store"), () -> client.head().toString());
        }
        Eventually.within(SOON, "the agent has seen that it has gone", () -> served.openStreams() == 0);
    }

    @Test
    void goesOnAfterTheLastThatIsKnownElseWithTheNext() throws Exception {
        serve(5, NEVER, SOON);
        served.happen(EventType.DISK, "old", 5);
        try (StreamClient _ = client("?after=1", "Last-Event-ID: 3")) {
            awaitSeen(2);
            assertEquals(List.of(4L, 5L), numbers());
        }
        seen.clear();
        try (StreamClient fresh = client("")) {
            Eventually.within(SOON, "it is connected", () -> !fresh.head().isEmpty());
            served.happen(EventType.DISK, "new", 1);
            awaitSeen(1);
            assertEquals(List.of(6L), numbers());
        }
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        serve(5, NEVER, SOON);
        served.happen(EventType.DISK, "many", EventLog.KEPT + 5);
        try (StreamClient _ = client("?after=2")) {
            awaitSeen(EventLog.KEPT + 1);
            assertEquals("gap", seen.getFirst().type());
            assertEquals("", seen.getFirst().id());
            assertEquals(
                    "{\"type\":\"gap\",\"after\":2,\"next\":6,\"why\":\"the cluster keeps the newest events only\","
                            + "\"cluster\":\"orders\"}",
                    seen.removeFirst().data());
            assertEquals(LongStream.rangeClosed(6, EventLog.KEPT + 5).boxed().toList(), numbers());
        }
        seen.clear();
        try (StreamClient _ = client("", "Last-Event-ID: 999999")) {
            awaitSeen(EventLog.KEPT + 1);
            assertEquals("{\"type\":\"gap\",\"after\":999999,\"next\":6,"
                    + "\"why\":\"the cluster has no event of this number\",\"cluster\":\"orders\"}",
                    seen.getFirst().data());
        }
    }

    @Test
    void aClientThatTakesNothingIsLeft() throws Exception {
        serve(5, NEVER, Duration.ofMillis(300));
        try (SocketChannel deaf = StreamClient.connect(socket(), "?after=0", List.of())) {
            Eventually.within(SOON, "it is there", () -> served.openStreams() == 1);
            served.happen(EventType.DISK, "x".repeat(1000), 2000);
            Eventually.within(SOON, "it is left", () -> served.openStreams() == 0);
            int given = Channels.newInputStream(deaf).readAllBytes().length;
            assertTrue(given < 1_000_000, () -> "what the kernel held for it, and little more, not " + given);
        }
    }

    @Test
    void endsWithTheSessionThatOpenedItAndIsNoUseOfIt() throws Exception {
        serve(5, Duration.ofMillis(100), SOON);
        Person ada = Person.enrol(served, "ada", Role.VIEWER);
        try (StreamClient client = client("", "Authorization: Bearer " + ada.token)) {
            Eventually.within(SOON, "a heartbeat", client::hasHeartbeat);
            assertFalse(client.hasEnded());
            // Longer than a session may be idle.
            served.now = served.now.plus(Duration.ofMinutes(16));
            Eventually.within(SOON, "it ends", client::hasEnded);
            assertEquals(List.of("end"), seen.stream().map(Seen::type).toList());
        }
        Eventually.within(SOON, "none is open", () -> served.openStreams() == 0);
    }

    @Test
    void noMoreThanSoManyAndNotWithoutANumber() throws Exception {
        serve(1, NEVER, SOON);
        try (StreamClient wrong = client("", "Last-Event-ID: one")) {
            Eventually.within(SOON, "it is answered", wrong::hasEnded);
            assertTrue(wrong.lastLine().contains("HF-5007"), wrong::lastLine);
        }
        try (StreamClient first = client("")) {
            Eventually.within(SOON, "it is connected", () -> !first.head().isEmpty());
            try (StreamClient second = client("")) {
                Eventually.within(SOON, "it is answered", second::hasEnded);
                assertTrue(second.head().getFirst().contains("503") && second.lastLine().contains("HF-5171"),
                        second::lastLine);
            }
        }
    }
}
