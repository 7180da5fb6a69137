package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.AuditRecord;
import io.holdfast.sessions.OfflineNote;
import io.holdfast.statesync.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OfflineAuditTest {
    @TempDir
    Path state;

    private final MemoryStateStore store = new MemoryStateStore(System::nanoTime);
    private OfflineAudit offline;
    private AuditLog log;

    @BeforeEach
    void open() {
        offline = new OfflineAudit(state);
        log = new AuditLog(store, state.resolve("audit"), "db1", "0a0b0c0d", Instant::now);
    }

    @AfterEach
    void close() {
        log.close();
        store.close();
    }

    private List<String> results() {
        return log.read(record -> record.entry().from().startsWith(OfflineNote.FROM))
                .stream()
                .map(record -> record.entry().result().replaceFirst("\\S+ ", ""))
                .toList();
    }

    private void write(String result) {
        offline.write(OfflineAudit.note("postgres", "restore", "target=latest", result));
    }

    @Test
    void aNoteIsTakenOnceAndIsThenNoMoreInTheFile() throws IOException {
        write("begins");
        write("done");
        assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(offline.file()));
        offline.take(log);
        offline.take(log);
        assertEquals(List.of("begins", "done"), results());
        assertEquals(0, Files.size(offline.file()));
        AuditRecord record = log.read(one -> one.entry().result().endsWith("done")).getFirst();
        assertEquals("postgres", record.entry().who());
        assertEquals("target=latest", record.entry().object());
        assertEquals(Map.of(), log.verify());
    }

    /** An agent that was killed between the two finds the file as it was. */
    @Test
    void whatTheChainHasAlreadyIsNotTakenAgain() throws IOException {
        write("begins");
        byte[] before = Files.readAllBytes(offline.file());
        offline.take(log);
        Files.write(offline.file(), before);
        write("done");
        log.close();
        log = new AuditLog(store, state.resolve("audit"), "db1", "0a0b0c0d", Instant::now);
        offline.take(log);
        assertEquals(List.of("begins", "done"), results());
    }

    @Test
    void whatAKilledWriterLeftIsNoNoteAndNoLineIsLostByIt() throws IOException {
        write("begins");
        Files.writeString(offline.file(), "{\"id\":\"0a0b", StandardOpenOption.APPEND);
        write("done");
        offline.take(log);
        assertEquals(List.of("begins", "done"), results());
    }

    @Test
    void whatIsNoNoteIsRecordedAsThatAndStopsNothing() throws IOException {
        write("begins");
        Files.writeString(offline.file(),
                "nothing\n{\"id\":\"0123456789abcdef\"}\n{\"id\":\"../../x\",\"who\":\"eve\"}\n",
                StandardOpenOption.APPEND);
        write("done");
        offline.take(log);
        assertEquals(5, results().size());
        assertEquals(3, results().stream().filter("a line of it could not be read"::equals).count());
    }

    @Test
    void aNoteCannotWriteALineOfItsOwn() {
        offline.write(OfflineAudit.note("eve\n{}", "restore", "to=/srv/\u001b[2J\r\nx", "done"));
        offline.take(log);
        AuditRecord record = log.read(_ -> true).getFirst();
        assertEquals("eve{}", record.entry().who());
        assertEquals("to=/srv/[2Jx", record.entry().object());
        assertEquals(1, results().size());
    }

    @Test
    void aLineThatWasPrintedCanBeAppendedByHand() throws IOException {
        OfflineNote note = OfflineAudit.note("postgres", "restore", "target=latest", "done");
        Files.writeString(offline.file(), OfflineAudit.line(note) + "\n");
        offline.take(log);
        assertEquals(List.of("done"), results());
    }

    @Test
    void withoutAStateDirectoryNothingIsMade() {
        Path none = state.resolve("none");
        HoldfastException refused = assertThrows(HoldfastException.class, () -> new OfflineAudit(none)
                .write(OfflineAudit.note("postgres", "restore", "target=latest", "done")));
        assertEquals("HF-4025", refused.problem().code());
        assertFalse(Files.exists(none));
    }

    @Test
    void aLinkOfThatNameIsNotFollowed() throws IOException {
        Path other = Files.writeString(state.resolve("other"), "mine");
        Files.createSymbolicLink(offline.file(), other);
        assertThrows(HoldfastException.class, () -> write("done"));
        assertEquals("mine", Files.readString(other));
    }

    @Test
    void whatIsWrittenWhileTheAgentTakesIsTakenOnce() throws InterruptedException {
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String result = "done " + i;
            writers.add(Thread.ofPlatform().start(() -> write(result)));
        }
        while (writers.stream().anyMatch(Thread::isAlive)) {
            offline.take(log);
        }
        for (Thread writer : writers) {
            writer.join();
        }
        offline.take(log);
        assertEquals(20, results().size());
        assertEquals(20, results().stream().distinct().count());
        assertTrue(log.verify().isEmpty());
    }
}
