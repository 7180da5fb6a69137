package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.AuditCheck.Head;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.AuditRecord;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditLogTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path dir;

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private final AtomicLong seconds = new AtomicLong(1_800_000_000);
    private final Map<String, AuditLog> logs = new LinkedHashMap<>();

    @AfterEach
    void close() {
        logs.values().forEach(AuditLog::close);
        store.close();
    }

    private AuditLog open(String member) {
        AuditLog log = new AuditLog(store, dir.resolve(member), member, "0a0b0c0d",
                () -> Instant.ofEpochSecond(seconds.incrementAndGet()));
        logs.put(member, log);
        return log;
    }

    private static AuditEntry entry(String result) {
        return new AuditEntry("ada", "192.0.2.7", "restore", "orders", 12L, true, result);
    }

    private static Set<String> results(AuditLog log) {
        Set<String> results = new HashSet<>();
        log.read(record -> true).forEach(record -> results.add(record.entry().result()));
        return results;
    }

    /** The number of the last record of a log's own chain that the shared state has. */
    private static long travelled(AuditLog log) {
        Head head = log.heads().get(log.chain());
        return head == null ? 0 : head.number();
    }

    private static void within(String what, Eventually.Condition condition) {
        Eventually.within(SOON, what, condition);
    }

    @Test
    void everyAgentHasWhatAllHaveRecorded() {
        List<AuditLog> all = List.of(open("db1"), open("db2"), open("db3"));
        Set<String> written = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            all.get(i % 3).record(entry("done " + i));
            written.add("done " + i);
        }
        for (AuditLog log : all) {
            within("all records are on each", () -> results(log).equals(written));
            assertEquals(Map.of(), log.verify());
            List<Instant> times = log.read(record -> true).stream().map(AuditRecord::at).toList();
            assertEquals(times.stream().sorted().toList(), times);
        }
    }

    @Test
    void manyAtOnceAreAllOnTheDiskInOneChain() throws InterruptedException {
        AuditLog log = open("db1");
        List<Thread> threads = IntStream.range(0, 100)
                .mapToObj(i -> Thread.ofVirtual().start(() -> log.record(entry("done " + i))))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(100, results(log).size());
        assertEquals(Map.of(), log.verify());
    }

    @Test
    void anAgentThatWasAwayForLongGetsWhatItLacks() {
        AuditLog one = open("db1");
        open("db2").close();
        logs.remove("db2");
        int count = AuditExchange.KEPT * 2 + 17;
        for (int i = 0; i < count; i++) {
            one.record(entry("done " + i));
        }
        within("the newest travel", () -> travelled(one) == count);
        AuditLog two = open("db2");
        within("the others follow", () -> results(two).size() == count);
        assertEquals(Map.of(), two.verify());
        within("nothing is wanted any more", () -> store.local("audit-wanted/").entries().isEmpty());
        one.record(entry("one more"));
        within("it goes on", () -> results(two).contains("one more"));
        within("what was put there again goes",
                () -> store.local("audit/").entries().size() <= AuditExchange.KEPT);
    }

    @Test
    void whatALostAgentWroteComesFromAnotherThatHasIt() {
        AuditLog one = open("db1");
        AuditLog two = open("db2");
        int count = AuditExchange.KEPT + 40;
        for (int i = 0; i < count; i++) {
            one.record(entry("done " + i));
        }
        within("the other has all", () -> results(two).size() == count);
        one.close();
        logs.remove("db1");
        AuditLog three = open("db3");
        within("the third has all", () -> results(three).size() == count);
        assertEquals(Map.of(), three.verify());
    }

    @Test
    void aRestartGoesOnWithTheChainAndCutsWhatWasNeverConfirmed() throws IOException {
        AuditLog first = open("db1");
        first.record(entry("one"));
        first.close();
        Path file = dir.resolve("db1/db1-0a0b0c0d.audit");
        Files.writeString(file, "{\"chain\":\"db1-0a0b", StandardOpenOption.APPEND);
        AuditLog again = open("db1");
        assertEquals(2, again.record(entry("two")).number());
        assertEquals(Map.of(), again.verify());
    }

    @Test
    void aDiskThatWasPutBackBeginsAnotherChain() throws IOException {
        AuditLog one = open("db1");
        AuditLog two = open("db2");
        one.record(entry("one"));
        one.close();
        Path file = dir.resolve("db1/db1-0a0b0c0d.audit");
        byte[] old = Files.readAllBytes(file);
        AuditLog more = open("db1");
        more.record(entry("two"));
        within("it travels", () -> results(two).size() == 2);
        more.close();
        Files.write(file, old);
        AuditLog back = open("db1");
        assertEquals("db1-0a0b0c0d.2", back.chain());
        back.record(entry("three"));
        within("nothing is lost", () -> results(back).equals(Set.of("one", "two", "three"))
                && results(two).equals(Set.of("one", "two", "three")));
        assertEquals(Map.of(), back.verify());
        assertEquals(Map.of(), two.verify());
    }

    @Test
    void whatDoesNotFollowIsNotTakenAndNothingIsOverwritten() throws IOException {
        AuditLog one = open("db1");
        AuditLog two = open("db2");
        one.record(entry("one"));
        within("it travels", () -> results(two).size() == 1);
        two.close();
        logs.remove("db2");
        Path copy = dir.resolve("db2/db1-0a0b0c0d.audit");
        AuditRecord forged = AuditRecord.after(null, "db1-0a0b0c0d", Instant.EPOCH, entry("forged"));
        Files.writeString(copy, SessionJson.write(forged) + "\n");
        one.record(entry("two"));
        AuditLog again = open("db2");
        again.record(entry("its own"));
        within("its own goes on", () -> results(one).contains("its own"));
        assertEquals(Set.of("forged", "its own"), results(again));
        assertFalse(again.verify().isEmpty());
        assertEquals(Map.of(), one.verify());
    }

    private interface Edit {
        void of(List<String> lines);
    }

    @Test
    void verifyFindsEveryKindOfTamperingInAFile() throws IOException {
        Map<String, Edit> edits = new LinkedHashMap<>();
        edits.put("a letter", lines -> lines.set(4, lines.get(4).replace("done 4", "dona 4")));
        edits.put("a user", lines -> lines.set(4, lines.get(4).replace("\"ada\"", "\"eve\"")));
        edits.put("a decision", lines -> lines.set(4, lines.get(4).replace("true", "false")));
        edits.put("a factor's age", lines -> lines.set(4, lines.get(4).replace(":12", ":13")));
        edits.put("a time", lines -> lines.set(4, lines.get(4).replace("\"at\":\"2027", "\"at\":\"2026")));
        edits.put("a line taken out", lines -> lines.remove(4));
        edits.put("the first taken out", lines -> lines.remove(0));
        edits.put("the last taken out", lines -> lines.remove(9));
        edits.put("all taken out", List::clear);
        edits.put("the last cut off in the middle", lines -> lines.set(9, lines.get(9).substring(0, 40)));
        edits.put("another cut off in the middle", lines -> lines.set(4, lines.get(4).substring(0, 40)));
        edits.put("all made anew", lines -> Collections.copy(lines, forged(10)));
        edits.put("a line put in", lines -> lines.add(4, "nothing"));
        edits.put("a line twice", lines -> lines.add(4, lines.get(4)));
        edits.put("two swapped", lines -> Collections.swap(lines, 4, 5));
        edits.put("a field more", lines -> lines.set(4, lines.get(4).replaceFirst("\\{", "{\"x\":1,")));
        edits.put("a blank", lines -> lines.set(4, lines.get(4) + " "));
        edits.put("a hash", lines -> lines.set(4, lines.get(4).replaceAll("\"hash\":\"....", "\"hash\":\"0000")));
        AuditLog log = open("db1");
        for (int i = 0; i < 10; i++) {
            log.record(entry("done " + i));
        }
        within("it travels", () -> travelled(log) == 10);
        Path file = dir.resolve("db1/db1-0a0b0c0d.audit");
        List<String> lines = Files.readAllLines(file);
        assertEquals(Map.of(), log.verify());
        for (Map.Entry<String, Edit> edit : edits.entrySet()) {
            List<String> tampered = new ArrayList<>(lines);
            edit.getValue().of(tampered);
            assertFalse(tampered.equals(lines), edit.getKey());
            Files.write(file, tampered);
            assertFalse(log.verify().isEmpty(), edit.getKey());
        }
        Files.delete(file);
        assertFalse(log.verify().isEmpty(), "the file removed");
    }

    /** Lines that follow each other as they must, and say something else. */
    private static List<String> forged(int count) {
        List<String> lines = new ArrayList<>();
        AuditRecord last = null;
        for (int i = 0; i < count; i++) {
            last = AuditRecord.after(last, "db1-0a0b0c0d", Instant.ofEpochSecond(1_700_000_000 + i),
                    entry("nothing " + i));
            lines.add(SessionJson.write(last));
        }
        return lines;
    }

    /** Whoever rules an agent can write its whole chain anew; what the others have he cannot. */
    @Test
    void aChainThatWasMadeAnewWholeIsNotWhatTheOthersHave() throws IOException {
        AuditLog one = open("db1");
        AuditLog two = open("db2");
        for (int i = 0; i < 10; i++) {
            one.record(entry("done " + i));
        }
        within("the other has all", () -> results(two).size() == 10);
        one.close();
        logs.remove("db1");
        Set<String> kept = results(two);
        for (int count : new int[]{10, 12}) {
            Files.write(dir.resolve("db1/db1-0a0b0c0d.audit"), forged(count));
            AuditLog again = open("db1");
            AuditRecord more = again.record(entry("one more"));
            within("somebody sees it", () -> !again.verify().isEmpty() || !two.verify().isEmpty());
            assertEquals(count + 1, more.number());
            assertEquals(kept, results(two));
            again.close();
            logs.remove("db1");
        }
        within("the others say so for good", () -> !two.verify().isEmpty());
    }

    @Test
    void aFileWhoseLastLineIsNoRecordIsNotGoneOnWith() throws IOException {
        AuditLog log = open("db1");
        log.record(entry("one"));
        log.close();
        logs.remove("db1");
        Files.writeString(dir.resolve("db1/db1-0a0b0c0d.audit"), "nothing\n", StandardOpenOption.APPEND);
        assertEquals("HF-4019", assertThrows(HoldfastException.class, () -> open("db1")).problem().code());
    }
}
