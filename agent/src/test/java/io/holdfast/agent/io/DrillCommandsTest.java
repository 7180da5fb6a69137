package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.io.worker.EchoWorker;
import io.holdfast.agent.io.worker.Worker;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.statesync.DrillOrder;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import io.holdfast.statesync.io.Operations;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a real process for a worker, and the twin of the store. */
final class DrillCommandsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration WITHIN = Duration.ofSeconds(2);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final ClusterJson json = new ClusterJson(SettingsJson::readStored);
    private final List<Node> nodes = new ArrayList<>();

    /** A member with a key for trials. */
    private final class Node {
        final MemberName name;
        final Operations operations = new Operations(store, json, Instant::now);
        final EventLog events;
        final Worker worker;
        final DrillCommands drills;

        Node(String name, String... worker) {
            this.name = new MemberName(name);
            this.events = new EventLog(store, json, this.name, directory.resolve(name + ".jsonl"), Instant::now);
            this.worker = new Worker(() -> EchoWorker.start(worker), (type, text) -> {});
            this.drills = new DrillCommands(this.name, store, json, operations, this.worker,
                    JsonNodeFactory.instance::objectNode, events, "* * * * *");
            nodes.add(this);
            Eventually.within(PATIENCE, "the worker is there", () -> this.worker.signer().isPresent());
        }

        void alive() {
            store.commit(Txn.when()
                    .put(Keys.status(name), json.write(new MemberStatus(new MemberId(name, new Incarnation("a1")),
                            MemberStatus.Role.STANDBY, MemberStatus.State.STREAMING, null, null, null, 0, false,
                            Instant.now(), "it is said to be")))
                    .build(), WITHIN);
        }

        void close() {
            worker.close();
            operations.close();
            events.close();
        }
    }

    @AfterEach
    void close() {
        nodes.forEach(Node::close);
    }

    private void lastOne(Instant at) {
        store.commit(Txn.when().put(Keys.DRILL_DUE, json.write(at)).build(), WITHIN);
    }

    private List<Operation> drills() {
        return nodes.getFirst().operations.list();
    }

    private void turnUntil(String what, Eventually.Condition condition) {
        Eventually.within(PATIENCE, what, () -> {
            nodes.forEach(node -> node.drills.turn());
            return condition.holds();
        });
    }

    private List<Event> events() {
        return nodes.getFirst().events.newest(10);
    }

    @Test
    void whatIsDueIsDoneOnceByOneOfSeveral() {
        new Node("db1").alive();
        new Node("db2").alive();
        nodes.forEach(node -> node.drills.turn());
        assertTrue(drills().isEmpty(), "it has only just been declared");
        Instant before = Instant.now();
        lastOne(before.minus(Duration.ofHours(1)));
        turnUntil("it is told", () -> !events().isEmpty());
        Instant begun = json.read(store.local(Keys.DRILL_DUE).get(Keys.DRILL_DUE).orElseThrow(), Instant.class).value();
        assertTrue(!begun.isBefore(before), begun.toString());
        Operation drill = drills().getFirst();
        assertEquals("drill-passed", events().getFirst().type());
        assertEquals(drill.id(), events().getFirst().details().get("operation"));
        turnUntil("it is over", () -> drills().getFirst().state() == Operation.State.DONE
                && store.local(Keys.DRILL).get(Keys.DRILL).isEmpty());
        assertTrue(String.valueOf(drills().getFirst().result()).endsWith("is proved, in 1 s"), drills().toString());
        // A minute may be over meanwhile; what is due by then is not the same.
        assertTrue(drills().size() == 1 || !Instant.now().isBefore(begun.plusSeconds(30)), drills().toString());
    }

    @Test
    void oneThatFailsIsToldWithItsLog() {
        new Node("db1", "bad").alive();
        lastOne(Instant.now().minus(Duration.ofHours(1)));
        turnUntil("it is told", () -> !events().isEmpty());
        Event failed = events().getFirst();
        assertEquals("drill-failed", failed.type());
        assertTrue(failed.text().startsWith("HF-5118 ") && failed.text().contains("HF-5121")
                && failed.text().contains("drill-failed.log on db1"), failed.text());
    }

    @Test
    void nobodyBeginsWhileAnotherIsAtItButInThePlaceOfOneThatIsGone() throws IOException {
        MemberName other = new MemberName("db9");
        Node here = new Node("db1");
        here.alive();
        Node there = new Node("db9");
        there.alive();
        nodes.remove(there);
        there.close();
        lastOne(Instant.now().minus(Duration.ofHours(1)));
        store.commit(Txn.when().put(Keys.DRILL, json.write(new DrillOrder("abcd", other, Instant.now()))).build(),
                WITHIN);
        here.drills.turn();
        here.drills.turn();
        assertTrue(drills().isEmpty(), drills().toString());
        store.commit(Txn.when().delete(Keys.status(other)).build(), WITHIN);
        turnUntil("it is done in its place", () -> !events().isEmpty());
        assertEquals("db1", drills().getFirst().member().value());
    }
}
