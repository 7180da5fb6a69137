package io.holdfast.agent.io.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.Paint;
import io.holdfast.agent.io.Served;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.testkit.io.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class HoldfastTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final MemoryAgent agent = new MemoryAgent();
    private final Served served = new Served();
    private String out = "";
    private String errors = "";

    @BeforeEach
    void start() throws Exception {
        Files.writeString(config(), "cluster: {name: orders}\nlisten:\n  health: 10.0.0.1:8008\n  socket: "
                + directory.resolve("a.sock") + "\nmember: db1\n");
        served.api(directory.resolve("a.sock"), Set.of(System.getProperty("user.name")), agent);
    }

    @AfterEach
    void stop() {
        served.close();
    }

    @Test
    void statusIsATableOrJson() throws Exception {
        assertEquals(0, holdfast("status"));
        assertTrue(out.startsWith("orders   epoch 7"), out);
        assertEquals(0, holdfast("status", "--json"));
        JsonNode db1 = JSON.readTree(out).path("members").path(0);
        assertEquals(
                List.of("name", "role", "state", "timeline", "lsn", "lagBytes", "lagSeconds", "syncState", "postgres",
                        "agent", "health", "since", "why", "tags", "pendingRestart", "disk", "diskFreePercent"),
                names(db1));
        assertEquals("0/5000148", db1.path("lsn").asText());
        assertTrue(db1.path("syncState").isNull());
    }

    @Test
    void historyAndExplainTellWhy() throws Exception {
        assertEquals(0, holdfast("history"));
        assertTrue(out.contains("7      2026-01-31T10:00:00Z     db1          3    0/4000028     db2 lost its lease"),
                out);
        assertEquals(0, holdfast("explain", "db3"));
        assertTrue(out.contains("it has cut itself off from the primary of epoch 6, holding WAL up to 0/3FFFFF0"), out);
        assertEquals(0, holdfast("explain"));
        assertTrue(out.contains("Stay: nothing to do"), out);
        assertEquals(1, holdfast("explain", "db9"));
        assertTrue(errors.startsWith("HF-5005 there is no member 'db9' in cluster orders. Hint: "), errors);
    }

    @Test
    void eventsAreListedOldestFirst() {
        for (int i = 1; i <= 3; i++) {
            agent.events.add(
                    new Event(i, MemoryAgent.AT, null, new MemberName("db2"), "failover", "number " + i,
                            Map.of("n", "1")));
        }
        assertEquals(0, holdfast("events", "--last", "2"));
        assertEquals("""
                     2  2026-01-31T10:00:00Z  db2        failover       number 2
                     3  2026-01-31T10:00:00Z  db2        failover       number 3
                """, out);
    }

    @Test
    void eventsAreFollowedOverABrokenConnectionAndWhatIsMissingIsSaid() throws Exception {
        served.happen(EventType.DISK, "old", EventLog.KEPT + 2);
        StringWatch lines = new StringWatch();
        Thread person = Thread.ofPlatform().start(() -> follow(lines.stream, "events", "--follow", "--since", "1"));
        Eventually.within(SOON, "what is there is told", () -> lines.text().contains((EventLog.KEPT + 2) + "  2026-"));
        assertTrue(lines.text().startsWith("""
                     -  what came after 1 up to here is missing: the cluster keeps the newest events only
                     3  2026-01-31T10:00:00Z  db1        disk           old
                """), () -> lines.text().substring(0, 300));
        served.restart();
        served.happen(EventType.DISK, "new", 1);
        Eventually.within(SOON, "it goes on", () -> lines.text().endsWith("disk           new\n"));
        assertEquals(EventLog.KEPT + 2, lines.text().lines().count(), "none is told twice");
        person.interrupt();
        person.join();
    }

    @Test
    void followedEventsAreALineEachInJson() throws Exception {
        StringWatch lines = new StringWatch();
        Thread person = Thread.ofPlatform().start(() -> follow(lines.stream, "events", "--follow", "--json"));
        Eventually.within(SOON, "it is connected", () -> served.openStreams() == 1);
        served.happen(EventType.TAKEOVER, "db1 leads", 1);
        Eventually.within(SOON, "it is told", () -> lines.text().endsWith("\n"));
        JsonNode event = JSON.readTree(lines.text());
        assertEquals(List.of("1", "orders", "takeover"), List.of(event.path("number").asText(),
                event.path("cluster").asText(), event.path("type").asText()));
        person.interrupt();
        person.join();
    }

    @Test
    void followingAnAgentThatIsNotThereFailsAtOnce() {
        served.close();
        assertEquals(3, holdfast("events", "--follow"));
        assertEquals(3, holdfast("events", "--follow", "--since", "5"));
    }

    /** What another thread writes. */
    private static final class StringWatch {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void operationsShowStepsAndProgress() {
        agent.operations.add(Operation
                .begun("4f0c11d2", "clone", new MemberName("db3"), "holdfast", "it has no data", MemoryAgent.AT)
                .withStep("copying", MemoryAgent.AT)
                .withProgress(new Operation.Progress(3 << 20, 12 << 20, "bytes")));
        agent.operations.add(Operation
                .begun("5f0c11d2", "rewind", new MemberName("db2"), "holdfast", "it diverged", MemoryAgent.AT)
                .as(Operation.State.FAILED, "HF-3001 no", MemoryAgent.AT));
        assertEquals(0, holdfast("operation", "list"));
        assertTrue(out.contains(
                "4f0c11d2  clone    db3          running      2026-01-31T10:00:00Z  copying 3.0 MiB of 12 MiB, 25 %"),
                out);
        assertEquals(0, holdfast("operation", "show", "4f0c11d2"));
        assertTrue(out.contains("asked for by holdfast: it has no data"), out);
        assertEquals(1, holdfast("operation", "watch", "5f0c11d2"));
        assertEquals(1, holdfast("operation", "show", "6f0c11d2"));
    }

    @Test
    void anAgentThatIsNotThereIsExitCodeThreeAlsoInJson() throws Exception {
        served.close();
        assertEquals(3, holdfast("status"));
        assertTrue(errors.startsWith("HF-5001 no agent answers on " + directory.resolve("a.sock")), errors);
        assertEquals(3, holdfast("status", "--json"));
        assertEquals("HF-5001", JSON.readTree(out).path("errors").path(0).path("code").asText());
        assertEquals(3, holdfast("status", "--api", "https://127.0.0.1:1"));
        assertTrue(errors.startsWith("HF-5001 no agent answers on https://127.0.0.1:1: ")
                && !errors.contains("null") && errors.contains("HOLDFAST_API"), errors);
    }

    @Test
    void aWrongCommandLineIsExitCodeTwo() {
        assertEquals(2, holdfast("status", "--colour"));
        assertTrue(errors.startsWith("HF-0900 unknown option: '--colour'. Hint: 'holdfast status --help'"), errors);
        assertEquals(2, holdfast());
        assertEquals(2, holdfast("operation"));
        assertEquals(2, holdfast("completion", "fish"));
    }

    @Test
    void aConfigurationThatIsNotThereIsSaid() {
        assertEquals(1, run("--config", "/nowhere/at/all.yaml", "status"));
        assertTrue(errors.startsWith("HF-0901 there is no configuration /nowhere/at/all.yaml."), errors);
    }

    @Test
    void theSocketIsFoundWhereverItStandsInTheFile() throws IOException {
        Files.writeString(config(),
                "postgresql: {socket: /no, listen: {socket: /neither}}\nlisten: {api: 'x', socket: s/x.sock}\n");
        assertEquals(directory.resolve("s/x.sock"), SocketPath.of(config()));
        Files.writeString(config(), "listen: {api: 'x'}\n");
        assertEquals(SocketPath.DEFAULT_SOCKET, SocketPath.of(config()));
    }

    @Test
    void everyVerbHasADescriptionExamplesAndExitCodes() {
        for (Map.Entry<String, CommandLine> verb : Holdfast.commandLine(console()).getSubcommands().entrySet()) {
            String help = verb.getValue().getUsageMessage();
            assertTrue(help.contains("Exit codes:") && help.contains("Examples:") && help.contains("Usage: holdfast "
                    + verb.getKey()), help);
        }
        assertEquals(0, holdfast("--help"));
        assertTrue(out.contains("Files:"), out);
        assertEquals(0, holdfast("--version"));
        assertTrue(out.startsWith("holdfast "), out);
    }

    @Test
    void certsAreMadeAndNeverOverwritten() {
        String ca = directory.resolve("ca").toString();
        assertEquals(0, holdfast("certs", "init", "--out", ca));
        assertEquals(0, holdfast("certs", "issue", "--ca", ca, "--name", "db1", "--host", "127.0.0.1", "--out",
                directory.toString()));
        assertEquals(directory.resolve("db1.crt") + "\n" + directory.resolve("db1.key") + "\n", out);
        assertEquals(1, holdfast("certs", "init", "--out", ca));
        assertTrue(errors.matches("(?s)HF-\\d{4} .* Hint: .*"), errors);
    }

    @Test
    void keysAreMadeAndNeverOverwritten() {
        assertEquals(0, holdfast("keys", "new", "--out", directory.toString()));
        List<String> lines = out.lines().toList();
        assertEquals(List.of(directory.resolve("backup.key").toString(), directory.resolve("backup.pub").toString()),
                lines.subList(0, 2));
        assertTrue(lines.get(2).startsWith("age1"), out);
        assertEquals(1, holdfast("keys", "new", "--out", directory.toString()));
        assertTrue(errors.startsWith("HF-2020 "), errors);
    }

    @Test
    void doctorReportsEveryProblemOfTheFileAtOnce() throws Exception {
        Files.writeString(config(),
                "cluster: {name: orders}\nmember: Db_1\nlisten: {api: nowhere}\npeers: {}\nstate: 7\n");
        assertEquals(1, holdfast("doctor"));
        assertTrue(errors.lines().filter(line -> line.matches("HF-00\\d\\d .*")).count() >= 3, errors);
        assertEquals(1, holdfast("doctor", "--json"));
        assertTrue(JSON.readTree(out).path("errors").size() >= 3, out);
    }

    @Test
    void anAgentWhoseConfigurationIsWrongSaysSoAndEnds() throws IOException {
        Files.writeString(config(), "cluster: {name: orders}\nmember: db1\nlisten: {api: nowhere}\nstate: {}\n");
        assertEquals(1, holdfast("agent"));
        assertTrue(errors.lines().allMatch(line -> line.matches("HF-00\\d\\d .*")), errors);
    }

    @Test
    void aDemoNeedsADistributionAndASensibleSize() {
        assertEquals(2, holdfast("demo", "--nodes", "10"));
        assertEquals(1, holdfast("demo", "stop", "--dir", directory.resolve("none").toString()));
        assertTrue(errors.startsWith("HF-5022"), errors);
    }

    @Test
    void completionKnowsTheVerbs() {
        assertEquals(0, holdfast("completion", "bash"));
        assertTrue(out.contains("complete -F _complete_holdfast") && out.contains("history") && out.contains("--watch"),
                out);
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private Console console() {
        return new Console(new PrintStream(written, true, StandardCharsets.UTF_8), false, Paint.OFF);
    }

    private int holdfast(String... args) {
        String[] all = new String[args.length + 2];
        all[0] = "--config";
        all[1] = config().toString();
        System.arraycopy(args, 0, all, 2, args.length);
        return run(all);
    }

    private int run(String... args) {
        written.reset();
        ByteArrayOutputStream wrong = new ByteArrayOutputStream();
        int code = Holdfast.run(console(), new PrintStream(wrong, true, StandardCharsets.UTF_8), args);
        out = written.toString(StandardCharsets.UTF_8);
        errors = wrong.toString(StandardCharsets.UTF_8);
        return code;
    }

    /** As the program of another shell. */
    private void follow(PrintStream to, String... args) {
        List<String> all = new ArrayList<>(List.of("--config", config().toString()));
        all.addAll(List.of(args));
        Holdfast.run(new Console(to, false, Paint.OFF), to, all.toArray(String[]::new));
    }

    private Path config() {
        return directory.resolve("holdfast.yaml");
    }
}
