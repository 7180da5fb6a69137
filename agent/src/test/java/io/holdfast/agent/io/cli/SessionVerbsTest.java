package io.holdfast.agent.io.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.Paint;
import io.holdfast.agent.io.Served;
import io.holdfast.backup.io.KeyFiles;
import io.holdfast.config.Encryption;
import io.holdfast.statesync.EventType;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As a person types it, with an agent that has real users and sessions. */
class SessionVerbsTest {
    private static final String PASSWORD = "seven green ospreys";
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Pattern URI = Pattern.compile("otpauth://\\S+");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Served served = new Served();
    private final InputStream usual = System.in;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private String out = "";
    private String errors = "";
    private String uri = "";
    @SuppressWarnings("NullAway.Init") // set before each test
    private KeyFiles.Pair key;

    /** Lines that are thought of when they are asked for. */
    private static final class Typed extends InputStream {
        private final Deque<Supplier<String>> lines;
        private byte[] line = {};
        private int at;

        Typed(Deque<Supplier<String>> lines) {
            this.lines = lines;
        }

        @Override
        public int read() {
            if (at == line.length) {
                if (lines.isEmpty()) {
                    return -1;
                }
                line = (lines.removeFirst().get() + "\n").getBytes(StandardCharsets.UTF_8);
                at = 0;
            }
            return line[at++];
        }

        /** No more than is asked for: what follows is for another question. */
        @Override
        public int read(byte[] into, int from, int length) {
            int next = read();
            if (next < 0) {
                return -1;
            }
            into[from] = (byte) next;
            return 1;
        }
    }

    @BeforeEach
    void start() throws Exception {
        Files.writeString(directory.resolve("holdfast.yaml"),
                "listen:\n  socket: " + directory.resolve("a.sock") + "\n");
        key = KeyFiles.create(directory, "backup");
        served.encryption = new Encryption.To(List.of(key.recipient()));
        served.heartbeat(Duration.ofMillis(100));
        served.withPeople(directory.resolve("a.sock"), new MemoryAgent(), directory);
    }

    @AfterEach
    void stop() {
        System.setIn(usual);
        served.close();
    }

    @Test
    void theFirstAdministratorIsMadeAndEnrolsAndThenNothingDangerousGoesWithoutACode() throws Exception {
        enrol();
        assertTrue(out.contains("Logged in as ada, admin."), out);
        assertEquals(10, Pattern.compile("(?m)^  [a-z2-7-]+$").matcher(out).results().count(), out);
        assertFalse(out.contains("hfs_"), out);
        assertEquals(0, holdfast(List.of(), "whoami"));
        assertTrue(out.startsWith("ada, admin\nmay: look, "), out);

        List<Supplier<String>> passwords = List.of(() -> PASSWORD, () -> PASSWORD);
        assertEquals(4, holdfast(passwords, "user", "add", "bob", "--role", "viewer"));
        assertTrue(errors.startsWith("HF-4") && errors.contains("mfa verify"), errors);
        assertEquals(4, holdfast(List.of(() -> "000000"), "mfa", "verify"));
        assertEquals(0, holdfast(List.of(() -> served.nextCode(uri)), "mfa", "verify"));
        assertEquals(4, holdfast(passwords, "user", "add", "eve", "--role", "viewer"));
        assertEquals(0, holdfast(passwords, "user", "add", "bob", "--role", "viewer"));
        assertEquals(4, holdfast(passwords, "user", "add", "bab", "--role", "viewer"));

        assertEquals(0, holdfast(List.of(), "user", "list"));
        assertTrue(out.contains("bob                  viewer"), out);
        assertEquals(0, holdfast(List.of(), "session", "list"));
        assertTrue(out.contains("ada "), out);
        assertEquals(0, holdfast(List.of(), "audit", "--user", "ada"));
        assertTrue(out.contains("refused  POST /users/add role=\"viewer\" user=\"eve\""), out);
        assertFalse(out.contains(PASSWORD), out);
        assertEquals(0, holdfast(List.of(), "audit", "verify"));

        assertEquals(0, holdfast(List.of(), "logout"));
        assertEquals(0, holdfast(List.of(), "whoami"));
        assertTrue(out.startsWith("os:"), out);
        assertEquals(4, holdfast(passwords, "user", "add", "bab"));
    }

    @Test
    void aDeviceCanBeTakenAwayButTheOnlyOne() throws Exception {
        enrol();
        List<String> first = devices();
        assertEquals(1, first.size(), out);
        assertEquals(1, coded("mfa", "remove", first.getFirst()));
        assertTrue(errors.startsWith("HF-4034 "), errors);
        assertEquals(0, coded("mfa", "enroll"), errors);
        assertEquals(2, devices().size(), out);
        assertEquals(1, coded("mfa", "remove", "00000000"));
        assertEquals(0, coded("mfa", "remove", first.getFirst()), errors);
        assertEquals(0, holdfast(List.of(() -> PASSWORD, this::nextCode), "login", "ada"), errors);
        assertEquals(1, devices().size(), out);
        assertFalse(devices().contains(first.getFirst()), out);
    }

    /** What the list shows. */
    private List<String> devices() {
        assertEquals(0, holdfast(List.of(), "mfa", "list"), errors);
        return out.lines().skip(1).map(line -> line.substring(0, line.indexOf(' '))).toList();
    }

    /** With a code that is entered for it, of the device that was there before. */
    private int coded(String... words) {
        assertEquals(4, holdfast(List.of(), words));
        assertEquals(0, holdfast(List.of(() -> served.nextCode(uri)), "mfa", "verify"), errors);
        return holdfast(List.of(this::nextCode, this::nextCode), words);
    }

    @Test
    void theTokenIsNobodyElsesToRead() throws Exception {
        enrol();
        List<Path> files;
        try (Stream<Path> found = Files.list(directory.resolve("tokens"))) {
            files = found.toList();
        }
        assertEquals(1, files.size());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(files.getFirst())));
        assertTrue(Files.readString(files.getFirst()).startsWith("hfs_"));
    }

    @Test
    void aWrongPasswordSaysNoMoreThanThat() throws Exception {
        enrol();
        assertEquals(4, holdfast(List.of(() -> "some other words"), "login", "ada"));
        String known = errors;
        assertEquals(4, holdfast(List.of(() -> "some other words"), "login", "nobody"));
        assertEquals(known, errors);
        assertEquals(2, holdfast(List.of(), "login", "ada"));
        assertTrue(errors.startsWith("HF-5160 "), errors);
    }

    @Test
    void anAgentElsewhereIsAskedOverHttps() throws Exception {
        enrol();
        List<String> there = List.of("--api", "https://127.0.0.1:" + served.port(), "--api-ca",
                directory.resolve("ca/ca.crt").toString());
        assertEquals(4, holdfast(List.of(), with(there, "status")));
        assertEquals(0, holdfast(List.of(() -> PASSWORD, () -> served.nextCode(uri)), with(there, "login", "ada")));
        assertEquals(0, holdfast(List.of(), with(there, "status")));
        assertTrue(out.startsWith("orders   epoch 7"), out);
        assertEquals(3, holdfast(List.of(), "--api", "https://127.0.0.1:" + served.port(), "status"));
        assertEquals(2, holdfast(List.of(), "--api", "http://127.0.0.1:" + served.port(), "status"));
        assertTrue(errors.startsWith("HF-5157 "), errors);
    }

    @Test
    void onesOwnPasswordAsksForThePresentOneAndACodeAndEndsAllSessions() throws Exception {
        enrol();
        String next = "nine tired walruses";
        List<Supplier<String>> wrong = List.of(() -> next, () -> next, () -> next);
        List<Supplier<String>> right = List.of(() -> PASSWORD, () -> next, () -> next);
        assertEquals(4, holdfast(right, "user", "password"));
        assertTrue(errors.startsWith("HF-4003 "), errors);
        assertEquals(0, holdfast(List.of(() -> served.nextCode(uri)), "mfa", "verify"));
        assertEquals(4, holdfast(wrong, "user", "password"));
        assertTrue(errors.startsWith("HF-4005 "), errors);
        assertEquals(4, holdfast(right, "user", "password"));
        assertEquals(0, holdfast(List.of(() -> served.nextCode(uri)), "mfa", "verify"));
        assertEquals(0, holdfast(right, "user", "password"), errors);
        assertEquals(0, holdfast(List.of(), "whoami"));
        assertTrue(out.startsWith("os:"), out);
        assertEquals(4, holdfast(List.of(() -> PASSWORD), "login", "ada"));
        assertEquals(0, holdfast(List.of(() -> next, () -> served.nextCode(uri)), "login", "ada"), errors);
    }

    @Test
    void everybodyIsToldOfALoginFromWhereAUserWasNeverBefore() throws Exception {
        enrol();
        assertEquals(1, newDevices(), served.told::toString);
        assertTrue(served.told.getFirst().startsWith("users-changed ada is a user now"), served.told::toString);
        assertTrue(served.told.getLast().startsWith("new-device ada logged in from"), served.told::toString);
        assertEquals(0, holdfast(List.of(() -> PASSWORD, () -> served.nextCode(uri)), "login", "ada"), errors);
        assertEquals(1, newDevices(), served.told::toString);
        assertEquals(0, holdfast(List.of(() -> PASSWORD, () -> served.nextCode(uri)), "--api",
                "https://127.0.0.1:" + served.port(), "--api-ca", directory.resolve("ca/ca.crt").toString(), "login",
                "ada"), errors);
        assertEquals(2, newDevices(), served.told::toString);
    }

    private long newDevices() {
        return served.told.stream().filter(event -> event.startsWith("new-device ")).count();
    }

    @Test
    void eventsAreFollowedOverHttpsUntilTheSessionEnds() throws Exception {
        enrol();
        List<String> there = List.of("--api", "https://127.0.0.1:" + served.port(), "--api-ca",
                directory.resolve("ca/ca.crt").toString());
        assertEquals(4, holdfast(List.of(), with(there, "events", "--follow")));
        assertEquals(0, holdfast(List.of(() -> PASSWORD, () -> served.nextCode(uri)), with(there, "login", "ada")));
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        AtomicInteger code = new AtomicInteger(-1);
        Thread follows = Thread.ofPlatform().start(() -> {
            PrintStream to = new PrintStream(lines, true, StandardCharsets.UTF_8);
            code.set(Holdfast.run(new Console(to, false, Paint.OFF), to, directory.resolve("tokens"),
                    with(there, "events", "--follow")));
        });
        Eventually.within(SOON, "it is connected", () -> served.openStreams() == 1);
        served.happen(EventType.DISK, "it was seen", 1);
        Eventually.within(SOON, "it is told", () -> lines.toString(StandardCharsets.UTF_8).contains("it was seen"));
        assertEquals(0, holdfast(List.of(), with(there, "logout")));
        follows.join();
        assertEquals(4, code.get(), () -> lines.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whoIsRootAndHasAKeyOfTheBackupsLetsAnAdministratorBeginAnew() throws Exception {
        enrol();
        assertEquals(2, recover(List.of("--api", "https://127.0.0.1:" + served.port()), key));
        assertTrue(errors.startsWith("HF-5170 "), errors);
        if (!Commands.ROOT) {
            assertEquals(4, recover(List.of(), key));
            assertTrue(errors.startsWith("HF-4030 "), errors);
            return;
        }
        assertEquals(4, recover(List.of(), KeyFiles.create(directory, "other")));
        assertTrue(errors.startsWith("HF-2010 "), errors);
        assertEquals(0, recover(List.of(), key), errors);
        assertTrue(out.contains("ada enrols a device at the next login"), out);
        assertTrue(served.told.getLast().startsWith("break-glass root of this node took the devices"),
                served.told::toString);
        assertEquals(0, holdfast(List.of(), "whoami"));
        assertTrue(out.startsWith("os:"), out);
        List<Supplier<String>> passwords = List.of(() -> PASSWORD, () -> PASSWORD);
        assertEquals(4, holdfast(passwords, "user", "add", "eve", "--admin"),
                "the socket is trusted as little as before");
        assertEquals(0, holdfast(List.of(() -> PASSWORD, this::nextCode, this::nextCode), "login", "ada"), errors);
        assertEquals(10, Pattern.compile("(?m)^  [a-z2-7-]+$").matcher(out).results().count(), out);
        assertEquals(0, holdfast(List.of(), "audit"));
        assertTrue(out.contains("break-glass") && out.contains("POST /users/recover/answer user=\"ada\": done"), out);
        assertFalse(out.contains("answer="), out);
    }

    @Test
    void withoutRecipientsNoKeyProvesAnything() throws Exception {
        try (Served bare = new Served()) {
            bare.withPeople(directory.resolve("b.sock"), new MemoryAgent(),
                    Files.createDirectory(directory.resolve("bare")));
            Files.writeString(directory.resolve("holdfast.yaml"),
                    "listen:\n  socket: " + directory.resolve("b.sock") + "\n");
            assertEquals(0, holdfast(List.of(() -> PASSWORD, () -> PASSWORD), "user", "add", "ada", "--admin"), errors);
            assertEquals(Commands.ROOT ? 1 : 4, recover(List.of(), key));
            assertTrue(errors.startsWith(Commands.ROOT ? "HF-4032 " : "HF-4030 "), errors);
        }
    }

    private int recover(List<String> first, KeyFiles.Pair pair) {
        return holdfast(List.of(), with(first, "user", "recover", "ada", "--identity", pair.identity().toString()));
    }

    private void enrol() {
        assertEquals(0, holdfast(List.of(() -> PASSWORD, () -> PASSWORD), "user", "add", "ada", "--admin"), errors);
        assertEquals(0, holdfast(List.of(() -> PASSWORD, this::nextCode, this::nextCode), "login", "ada"), errors);
    }

    /** Of the device whose URI was shown. */
    private String nextCode() {
        Matcher shown = URI.matcher(written.toString(StandardCharsets.UTF_8));
        if (shown.find()) {
            uri = shown.group();
        }
        return served.nextCode(uri);
    }

    private static String[] with(List<String> first, String... then) {
        List<String> all = new ArrayList<>(first);
        all.addAll(List.of(then));
        return all.toArray(String[]::new);
    }

    private int holdfast(List<Supplier<String>> typed, String... args) {
        System.setIn(new Typed(new ArrayDeque<>(typed)));
        written.reset();
        ByteArrayOutputStream wrong = new ByteArrayOutputStream();
        List<String> all = new ArrayList<>(List.of("--config", directory.resolve("holdfast.yaml").toString()));
        all.addAll(List.of(args));
        try (PrintStream stream = new PrintStream(written, true, StandardCharsets.UTF_8);
                PrintStream errorStream = new PrintStream(wrong, true, StandardCharsets.UTF_8)) {
            int code = Holdfast.run(new Console(stream, false, Paint.OFF), errorStream, directory.resolve("tokens"),
                    all.toArray(String[]::new));
            out = written.toString(StandardCharsets.UTF_8);
            errors = wrong.toString(StandardCharsets.UTF_8);
            return code;
        }
    }
}
