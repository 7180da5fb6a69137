package io.holdfast.replication.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.Effect;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against real servers, and against one that accepts and says nothing, as a frozen host does. */
class NetworkProbeTest {
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final Duration SHORT = Duration.ofMillis(200);

    private final Vertx vertx = Vertx.vertx();
    private final NetworkProbe probe = new NetworkProbe(vertx);

    @AfterEach
    void close() {
        probe.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void anyAnswerOfTheAgentIsOne() {
        int port = vertx.createHttpServer()
                .requestHandler(request -> request.response().setStatusCode(503).end())
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
        assertTrue(probe.answers(member(port, 1), WITHIN));
        assertTrue(probe.answers(member(port, 1), WITHIN), "over the same connection");
    }

    @Test
    void noAnswerIsOverlookedHoweverSoonItEnds() {
        int port = vertx.createHttpServer()
                .requestHandler(request -> request.response().end("{}"))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join()
                .actualPort();
        for (int i = 0; i < 5_000; i++) {
            assertTrue(probe.answers(member(port, 1), WITHIN), "question " + i);
        }
    }

    @Test
    void whoAcceptsAndSaysNothingDoesNotAnswer() throws IOException {
        try (ServerSocket frozen = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            MemberRecord member = member(frozen.getLocalPort(), frozen.getLocalPort());
            for (int i = 0; i < 3; i++) {
                assertFalse(probe.answers(member, SHORT));
            }
        }
    }

    @Test
    void nobodyThereDoesNotAnswer() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        assertFalse(probe.answers(member(port, port), WITHIN));
        assertFalse(probe.answers(member(port, port), WITHIN));
    }

    @Test
    @Tag("integration")
    void aPostgresqlAnswersForAnAgentThatDoesNot() throws IOException {
        try (ServerSocket frozen = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                PostgresRig rig = new PostgresRig()) {
            PostgresRig.Member a = rig.member("a");
            assertEquals(new Effect.Done(), a.adapter.initdb(new Incarnation("one")));
            assertEquals(new Effect.Done(), a.adapter.startPrimary());
            MemberRecord member = member(frozen.getLocalPort(), a.port);
            assertFalse(probe.answers(member, SHORT), "only the agent is asked at first");
            assertTrue(probe.answers(member, WITHIN));
            a.adapter.stopNow("the end");
            assertFalse(probe.answers(member, SHORT));
        }
    }

    private static MemberRecord member(int health, int postgres) {
        return new MemberRecord(new MemberName("a"), "", "127.0.0.1:" + postgres, "", "127.0.0.1:" + health,
                Map.of());
    }
}
