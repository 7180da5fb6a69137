package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.Content;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryFailure.Kind;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.io.FaultyServer.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;

/** An object store that answers with errors, slowly, or not at all: nothing is lost, and nothing is a false success. */
final class S3FaultTest {
    private static final int ALWAYS = 1_000_000;

    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private static S3Server server;

    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private FaultyServer before;
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private Repository repository;
    private RepositoryPath name = RepositoryPath.ROOT;

    @BeforeAll
    static void startTheServer() throws Exception {
        // Signatures are not checked, so that a request can be changed on its way.
        server = S3Server.startOpen();
    }

    @AfterAll
    static void stopTheServer() throws Exception {
        server.close();
    }

    @BeforeEach
    void standBeforeIt() throws IOException {
        before = new FaultyServer(server.uri());
        before.heal();
        repository = new S3Repository(S3Server.options(before.uri(), S3Server.hasty()));
        name = new RepositoryPath("f-" + UUID.randomUUID());
    }

    @AfterEach
    void goAway() throws IOException {
        repository.close();
        before.close();
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private PutResult put(byte[] bytes) throws IOException {
        return repository.put(name, Content.of(bytes));
    }

    private byte[] read() throws IOException {
        try (var in = assertInstanceOf(GetResult.Found.class, repository.get(name)).stream()) {
            return in.readAllBytes();
        }
    }

    private void assertNothingIsThere() {
        before.heal();
        assertInstanceOf(GetResult.Missing.class, repository.get(name));
    }

    private static void assertTakesAtMost(Duration most, long startedNanos) {
        Duration taken = Duration.ofNanos(System.nanoTime() - startedNanos);
        assertTrue(taken.compareTo(most) < 0, () -> "took " + taken);
    }

    @Test
    void goesOnAfterErrors() throws IOException {
        goesOnAfter(500);
    }

    /** A store that has too much to do is left alone for a while. */
    @Tag("long")
    @Test
    void goesOnAfterTheStoreWasBusy() throws IOException {
        goesOnAfter(503);
        name = new RepositoryPath("f-" + UUID.randomUUID());
        goesOnAfter(429);
    }

    private void goesOnAfter(int status) throws IOException {
        before.inject(new Fault.Answer(status), 2);
        assertInstanceOf(PutResult.Stored.class, put(random(100)));
        assertTrue(before.connections() > 2, "the faults were met");
        before.inject(new Fault.Answer(status), 2);
        assertArrayEquals(random(100), read());
    }

    @Test
    void givesUpOnAStoreThatStaysBrokenAndStoresNothing() throws IOException {
        before.inject(new Fault.Answer(500), ALWAYS);
        long started = System.nanoTime();
        PutResult.Failed failed = assertInstanceOf(PutResult.Failed.class, put(random(100)));
        assertEquals(Kind.UNREACHABLE, failed.failure().kind());
        assertEquals(Kind.UNREACHABLE,
                assertInstanceOf(GetResult.Failed.class, repository.get(name)).failure().kind());
        assertTakesAtMost(Duration.ofSeconds(30), started);
        assertNothingIsThere();
    }

    @Test
    void aFullStoreSaysSoAtOnce() throws IOException {
        before.inject(new Fault.Answer(507), ALWAYS);
        long started = System.nanoTime();
        assertEquals(Kind.FULL, assertInstanceOf(PutResult.Failed.class, put(random(100))).failure().kind());
        assertTakesAtMost(Duration.ofSeconds(5), started);
        assertNothingIsThere();
    }

    @Test
    void givesUpOnAStoreThatNeverAnswers() throws IOException {
        S3Options.Limits limits = new S3Options.Limits(Duration.ofSeconds(5), Duration.ofMillis(300),
                Duration.ofMillis(500), Duration.ofSeconds(10), 4);
        before.inject(new Fault.Silent(), ALWAYS);
        long started = System.nanoTime();
        try (Repository impatient = new S3Repository(S3Server.options(before.uri(), limits))) {
            assertEquals(Kind.UNREACHABLE, assertInstanceOf(PutResult.Failed.class,
                    impatient.put(name, Content.of(random(100)))).failure().kind());
        }
        assertTakesAtMost(Duration.ofSeconds(15), started);
        assertNothingIsThere();
    }

    @Test
    void givesUpOnAStoreThatIsNotThere() throws IOException {
        before.close();
        long started = System.nanoTime();
        assertEquals(Kind.UNREACHABLE, assertInstanceOf(PutResult.Failed.class, put(random(100))).failure().kind());
        assertTakesAtMost(Duration.ofSeconds(30), started);
    }

    @Test
    void aSlowStoreIsWaitedFor() throws IOException {
        before.inject(new Fault.Slow(400_000), ALWAYS);
        assertInstanceOf(PutResult.Stored.class, put(random(300_000)));
        assertArrayEquals(random(300_000), read());
    }

    @Test
    void readingGoesOnWhereItWasCut() throws IOException {
        byte[] all = random(3_000_000);
        put(all);
        // Each of the five gets some further, so they are not too many.
        before.inject(new Fault.CutAnswer(400_000), 5);
        assertArrayEquals(all, read());
        assertTrue(before.connections() > 5, "the faults were met");
    }

    @Test
    void readingEndsWithAnErrorNeverEarly() throws IOException {
        put(random(3_000_000));
        before.inject(new Fault.CutAnswer(400_000), 1);
        try (var in = assertInstanceOf(GetResult.Found.class, repository.get(name)).stream()) {
            before.inject(new Fault.Answer(500), ALWAYS);
            RepositoryException refusal = assertThrows(RepositoryException.class, in::readAllBytes);
            assertEquals(Kind.UNREACHABLE, refusal.failure().kind());
        }
    }

    @Test
    void anUploadGoesOnAfterItWasCut() throws IOException {
        byte[] all = random(2 * S3Upload.PART_BYTES + 5);
        before.inject(new Fault.CutRequest(3_000_000), 2);
        assertInstanceOf(PutResult.Stored.class, put(all));
        assertArrayEquals(all, read());
        assertNoParts();
    }

    @Test
    void anUploadThatIsCutAgainAndAgainLeavesNothing() throws IOException {
        before.inject(new Fault.CutRequest(3_000_000), ALWAYS);
        PutResult.Failed failed = assertInstanceOf(PutResult.Failed.class,
                put(random(2 * S3Upload.PART_BYTES + 5)));
        assertEquals(Kind.UNREACHABLE, failed.failure().kind());
        assertNothingIsThere();
        assertNoParts();
    }

    private void assertNoParts() {
        try (S3Client client = server.client()) {
            assertEquals(List.of(), client.listMultipartUploads(list -> list.bucket(S3Server.BUCKET))
                    .uploads()
                    .stream()
                    .filter(upload -> upload.key().endsWith(name.value()))
                    .toList());
        }
    }

    @Test
    void anAnswerThatIsLostIsNotAFailure() throws IOException {
        put(random(1));
        int large = 2 * S3Upload.PART_BYTES + 5;
        for (String request : List.of("PUT ", "POST ")) {
            name = new RepositoryPath("f-" + UUID.randomUUID());
            boolean inParts = request.equals("POST ");
            byte[] bytes = random(inParts ? large : 100);
            String path = request + "/" + S3Server.BUCKET + "/some/where/" + name + (inParts ? "?uploadId" : "");
            before.inject(new Fault.LoseAnswerTo(path), 1);
            PutResult result = put(bytes);
            assertTrue(result instanceof PutResult.Stored || result instanceof PutResult.AlreadyThere,
                    result::toString);
            assertTrue(before.connections() > 1, "the answer was lost");
            assertArrayEquals(bytes, read());
        }
    }

    @Test
    void aStoreThatKnowsNoConditionsIsNotOverwrittenEither() throws IOException {
        before.inject(new Fault.WithoutCondition(), ALWAYS);
        for (int size : List.of(100, 2 * S3Upload.PART_BYTES + 5)) {
            name = new RepositoryPath("f-" + UUID.randomUUID());
            assertInstanceOf(PutResult.Stored.class, put(random(size)));
            assertInstanceOf(PutResult.AlreadyThere.class, put(random(size)));
            assertInstanceOf(PutResult.Different.class, put(random(size + 1)));
            assertArrayEquals(random(size), read());
        }
    }
}
