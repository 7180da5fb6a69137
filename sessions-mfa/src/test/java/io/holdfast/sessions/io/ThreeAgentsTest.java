package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.Base32;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Gate.Verdict;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.io.Logins.Answer;
import io.holdfast.statesync.io.RatisStateStore;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three agents on a real consensus. */
@Tag("integration")
final class ThreeAgentsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path dir;

    private Trio trio;
    private Rig rig;

    @BeforeEach
    void start() throws IOException {
        trio = new Trio(dir);
        rig = new Rig(trio.stores, store -> ((RatisStateStore) store).status().hasQuorum(),
                new PasswordHasher(new PasswordHasher.Cost(64, 1)));
    }

    @AfterEach
    void stop() {
        rig.close();
        trio.close();
    }

    @Test
    void theSameCodeAtThreeAgentsAtOnceGivesOneSession() throws InterruptedException {
        sameCodeAtOnce(20);
    }

    @Test
    @Tag("long")
    void theSameCodeAtThreeAgentsAtOnceGivesOneSessionTwoHundredTimes() throws InterruptedException {
        sameCodeAtOnce(200);
    }

    private void sameCodeAtOnce(int times) throws InterruptedException {
        rig.enrol();
        for (int i = 0; i < times; i++) {
            rig.pass(Duration.ofHours(2));
            Eventually.within(SOON, "all agents know the user", () -> rig.agents.stream()
                    .map(agent -> agent.users().find(Rig.ADA))
                    .distinct()
                    .count() == 1);
            List<String> tickets = rig.agents.stream().map(agent -> Rig.ticket(agent, Rig.LAPTOP)).toList();
            String code = rig.code(0);
            List<Answer> answers = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch go = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            for (int agent = 0; agent < 3; agent++) {
                Logins logins = rig.agents.get(agent).logins();
                String ticket = tickets.get(agent);
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        go.await();
                        answers.add(logins.code(ticket, code));
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            go.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(3, answers.size());
            assertEquals(1, answers.stream().filter(Answer.In.class::isInstance).count(), answers.toString());
            for (Answer answer : answers) {
                assertTrue(answer instanceof Answer.In
                        || answer instanceof Answer.No no && no.problem().code().equals("HF-4005"), answer.toString());
            }
        }
    }

    @Test
    void aSessionIsKnownAndEndedEverywhere() {
        Sessions.Begun begun = rig.enrol();
        for (Access agent : rig.agents) {
            Eventually.within(SOON, "it is known",
                    () -> agent.sessions().caller(begun.token(), "192.0.2.7") instanceof Caller.Person);
        }
        rig.agents.get(1).users().endSessions(Rig.ADA);
        for (Access agent : rig.agents) {
            Eventually.within(SOON, "it has ended",
                    () -> agent.sessions().caller(begun.token(), "192.0.2.7") instanceof Caller.Nobody);
        }
    }

    @Test
    void anAgentThatIsAloneLetsReadByExistingSessionsAndNothingElse() {
        Sessions.Begun begun = rig.enrol();
        Access alone = rig.agents.get(2);
        Eventually.within(SOON, "it is known",
                () -> alone.sessions().caller(begun.token(), "192.0.2.7") instanceof Caller.Person);
        trio.stores.get(0).close();
        trio.stores.get(1).close();
        Eventually.within(SOON, "it hears no majority",
                () -> alone.sessions().caller(begun.token(), "192.0.2.7") instanceof Caller.Person person
                        && person.stale());
        Caller caller = alone.sessions().caller(begun.token(), "192.0.2.7");
        assertInstanceOf(Verdict.Allowed.class, alone.decide(caller, Permission.LOOK, Map.of()));
        assertEquals("HF-4004", assertInstanceOf(Verdict.Refused.class,
                alone.decide(caller, Permission.RESTORE, Map.of())).problem().code());
        String ticket = Rig.ticket(alone, Rig.LAPTOP);
        assertEquals("HF-4013", assertThrows(HoldfastException.class,
                () -> alone.logins().code(ticket, rig.code(0))).problem().code());
    }

    @Test
    void aStolenStateDirectoryHoldsNothingThatLetsIn() throws IOException {
        rig.enrol();
        Sessions.Begun begun = rig.login(rig.agent());
        String service = rig.agent()
                .users()
                .addToken(Rig.ADA, java.util.Set.of(Permission.LOOK), Rig.ADA,
                        Duration.ofDays(1));
        try (AuditLog log = new AuditLog(trio.stores.get(0), dir.resolve("db1/audit"), "db1", "0a0b0c0d", rig::now)) {
            log.record(new AuditEntry("ada", "192.0.2.7", "login", begun.session().id(), 0L, true, "logged in"));
        }
        Map<String, byte[]> secrets = new LinkedHashMap<>();
        secrets.put("the secret", rig.secret);
        secrets.put("the secret as text", bytes(Base32.encode(rig.secret)));
        secrets.put("the secret in base64", bytes(java.util.Base64.getEncoder().encodeToString(rig.secret)));
        secrets.put("the password", bytes(Rig.PASSWORD));
        secrets.put("the session's token", bytes(begun.token()));
        secrets.put("a part of the token", bytes(begun.token().substring(10, 30)));
        secrets.put("the service's token", bytes(service.substring(4)));
        rig.recoveryCodes.forEach(code -> {
            secrets.put("recovery code " + code, bytes(code));
            secrets.put("recovery code without hyphens " + code, bytes(code.replace("-", "")));
        });
        secrets.put("the seal key", bytes("c3MzY3JldHMzY3JldHMz"));
        List<Path> files;
        try (Stream<Path> walk = Files.walk(dir)) {
            files = walk.filter(Files::isRegularFile).toList();
        }
        boolean hashSeen = false;
        for (Path file : files) {
            String content = Files.readString(file, StandardCharsets.ISO_8859_1);
            hashSeen |= content.contains(begun.session().hash());
            secrets.forEach((what, secret) -> assertFalse(
                    content.contains(new String(secret, StandardCharsets.ISO_8859_1)), what + " is in " + file));
        }
        assertTrue(hashSeen, "the search finds what is there");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
