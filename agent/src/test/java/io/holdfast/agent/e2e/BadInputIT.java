package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an operator gets wrong before the first start: told with a code, a fact and a hint, and nothing is damaged. */
@ExtendWith(LabExtension.class)
class BadInputIT {
    private static final Pattern PROBLEM = Pattern.compile("HF-\\d{4} [^\n]+\\. Hint: [^\n]+");
    private static final int FAILED = 1;
    private static Lab lab;
    private static LabMember db1;
    private static String good = "";

    @BeforeAll
    static void prepare() throws IOException {
        lab = Lab.prepare(LabSpec.members(2).on(LabSpec.Wires.LOOPBACK), "BadInputIT");
        db1 = lab.member("db1");
        good = Files.readString(db1.config());
    }

    /** Ten kinds and two: what is changed in a good file. */
    private static Map<String, String[]> mistakes() {
        Map<String, String[]> mistakes = new TreeMap<>();
        mistakes.put("an unknown key", new String[]{"member: db1", "member: db1\nmembr: db1"});
        mistakes.put("no member's name", new String[]{"member: db1\n", "\n"});
        mistakes.put("a duration that is none", new String[]{"lease: 5s", "lease: 5 bananas"});
        mistakes.put("a lease out of range", new String[]{"lease: 5s", "lease: 5ms"});
        mistakes.put("acks out of range", new String[]{"lease: 5s", "lease: 5s\n    acks: 99"});
        mistakes.put("an unknown durability", new String[]{"durability: quorum", "durability: strong"});
        mistakes.put("an environment variable that is not set", new String[]{"name: lab", "name: ${env:HF_NOT_SET}"});
        mistakes.put("a file that cannot be read", new String[]{"name: lab", "name: ${file:/nonexistent/name}"});
        mistakes.put("a member that is not among the peers", new String[]{"member: db1", "member: db7"});
        mistakes.put("a peer's address without a port", new String[]{"db2: \"127.0.0.1:", "db2: \"127.0.0.1"});
        mistakes.put("no certificates for several peers", new String[]{"tls:", "# tls:"});
        mistakes.put("no YAML", new String[]{"member: db1", "member: [db1"});
        return mistakes;
    }

    @TestFactory
    Stream<DynamicTest> doctorAndAgentRefuseABadFile() {
        return mistakes().entrySet().stream().map(mistake -> DynamicTest.dynamicTest(mistake.getKey(), () -> {
            Path file = write("bad.yaml", replaced(mistake.getValue()[0], mistake.getValue()[1]));
            assertRefused(holdfast("doctor", "-c", file.toString()));
            assertRefused(holdfast("agent", "-c", file.toString()));
            assertEquals(List.of(), contents(db1.data()), "the data directory was touched");
        }));
    }

    @Test
    void doctorReportsEveryProblemAtOnce() {
        String three = replaced("lease: 5s", "lease: 5 bananas").replace("durability: quorum", "durability: strong")
                .replace("member: db1", "member: db1\nmembr: db1");
        Commands.Result result = holdfast("doctor", "-c", write("three.yaml", three).toString());
        assertRefused(result);
        for (String named : List.of("lease", "durability", "membr")) {
            assertTrue(result.text().contains(named), named + " is not in " + result.text());
        }
    }

    @Test
    void doctorFindsNothingWrongWithAGoodFile() {
        Commands.Result result = holdfast("doctor", "-c", db1.config().toString());
        assertEquals(0, result.exit(), result.text());
    }

    @Test
    void anUnknownVerbIsAMatterOfUsage() {
        assertEquals(2, holdfast("frobnicate").exit());
    }

    @Test
    void aCommandWithoutAnAgentSaysThatItIsNotReachable() {
        Commands.Result result = db1.cli("status", "--json");
        assertEquals(3, result.exit(), result.text());
        assertTrue(PROBLEM.matcher(result.text()).find(), result.text());
    }

    @Test
    void aPortThatIsTakenIsReported() throws IOException {
        String health = good.lines().filter(l -> l.strip().startsWith("health:")).findFirst().orElseThrow();
        int port = Integer.parseInt(health.replaceAll(".*:(\\d+)\"?$", "$1"));
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            Commands.Result doctor = holdfast("doctor", "-c", db1.config().toString());
            assertRefused(doctor);
            assertTrue(doctor.text().contains(Integer.toString(port)), doctor.text());
            assertRefused(holdfast("agent", "-c", db1.config().toString()));
        }
        assertEquals(List.of(), contents(db1.data()), "the data directory was touched");
    }

    @Test
    void aPostgresqlThatIsTooOldIsReported() throws IOException {
        Path bin = Files.createDirectories(db1.directory().resolve("oldbin"));
        for (String program : List.of("postgres", "initdb", "pg_ctl", "pg_basebackup", "pg_rewind", "pg_controldata",
                "psql")) {
            Path script = bin.resolve(program);
            Files.writeString(script, "#!/bin/sh\necho '" + program + " (PostgreSQL) 9.6.24'\n");
            assertTrue(script.toFile().setExecutable(true, false));
        }
        Path file = write("old.yaml", replaced("postgresql:\n", "postgresql:\n  bin: " + bin + "\n"));
        Commands.Result doctor = holdfast("doctor", "-c", file.toString());
        assertRefused(doctor);
        assertTrue(doctor.text().contains("PostgreSQL 9"), doctor.text());
        assertRefused(holdfast("agent", "-c", file.toString()));
        assertEquals(List.of(), contents(db1.data()), "the data directory was touched");
    }

    private static Commands.Result holdfast(String... verb) {
        List<String> command = new ArrayList<>(List.of(Distribution.find().binary().toString()));
        command.addAll(List.of(verb));
        return db1.run(Duration.ofSeconds(20), command);
    }

    private static void assertRefused(Commands.Result result) {
        assertEquals(FAILED, result.exit(), result.text());
        assertTrue(PROBLEM.matcher(result.text()).find(), "no 'HF-nnnn fact. Hint: …' in: " + result.text());
        assertFalse(result.text().contains("\tat "), "a stack trace: " + result.text());
    }

    private static String replaced(String what, String by) {
        assertTrue(good.contains(what), what + " is not in " + good);
        return good.replace(what, by);
    }

    private static Path write(String name, String text) {
        try {
            return Files.writeString(db1.directory().resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> contents(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return List.copyOf(new TreeSet<>(files.toList()));
        }
    }
}
