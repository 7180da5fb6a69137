package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.PushOutcome;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With segments that are made here: what they hold behind their head is nobody's business. */
final class WalByHandTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final Layout LAYOUT = new Layout("orders", new SystemId("7300000000000000001"));
    private static final WalFile.Segment SEGMENT = segment("00000001000000000000002A");

    private final Identity owner = Identity.generate();
    private final Identity node = Identity.generate();
    private final MemoryRepository repository = new MemoryRepository();
    private final WalByHand wal = new WalByHand(repository, LAYOUT, new Encryption.To(owner.recipients()), node);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @AfterEach
    void close() {
        owner.close();
        node.close();
    }

    private static WalFile.Segment segment(String name) {
        return (WalFile.Segment) WalFile.read(name).orElseThrow();
    }

    /** As PostgreSQL begins one ({@code XLogLongPageHeaderData}). */
    private static byte[] content(WalFile.Segment segment, long seed) {
        byte[] bytes = new byte[SIZE.bytes()];
        new Random(seed).nextBytes(bytes);
        ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        head.putShort((short) 0xD110).putShort((short) 2).putInt(segment.timeline().number());
        head.putLong(segment.start(SIZE).bytes()).putLong(0);
        head.putLong(Long.parseUnsignedLong(LAYOUT.systemId().value())).putInt(SIZE.bytes()).putInt(8192);
        return bytes;
    }

    private Path write(String name, byte[] bytes) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private static String refusal(PushOutcome outcome) {
        return assertInstanceOf(PushOutcome.Refused.class, outcome).problem().code();
    }

    @Test
    void whatIsPushedIsFetchedAsItWas() throws IOException {
        byte[] bytes = content(SEGMENT, 1);
        assertInstanceOf(PushOutcome.Durable.class, wal.push(write("lost/" + SEGMENT, bytes)));
        PushOutcome again = wal.push(write("copied/" + SEGMENT, bytes));
        assertTrue(again.why().contains("was archived before"), again.why());
        Path target = write("RECOVERYXLOG", new byte[3]);
        for (Identity key : List.of(owner, node)) {
            WalByHand by = new WalByHand(repository, LAYOUT, new Encryption.To(owner.recipients()), key);
            assertEquals(new FetchOutcome.Fetched(), by.fetch(SEGMENT, target));
            assertArrayEquals(bytes, Files.readAllBytes(target));
        }
        WalFile history = WalFile.read("00000002.history").orElseThrow();
        assertInstanceOf(PushOutcome.Durable.class,
                wal.push(write("lost/00000002.history",
                        "1\t0/2A000100\tno reason\n".getBytes(StandardCharsets.US_ASCII))));
        assertEquals(new FetchOutcome.Fetched(), wal.fetch(history, target));
        assertEquals("1\t0/2A000100\tno reason\n", Files.readString(target));
    }

    @Test
    void otherContentOfTheSameNameIsRefusedAndStays() throws IOException {
        byte[] bytes = content(SEGMENT, 1);
        wal.push(write("db1/" + SEGMENT, bytes));
        assertEquals("HF-2040", refusal(wal.push(write("db2/" + SEGMENT, content(SEGMENT, 2)))));
        Path target = directory.resolve("there");
        wal.fetch(SEGMENT, target);
        assertArrayEquals(bytes, Files.readAllBytes(target));
    }

    @Test
    void whatIsNotWhatItsNameSaysIsNotArchived() throws IOException {
        byte[] bytes = content(SEGMENT, 1);
        assertEquals("HF-2047", refusal(wal.push(write("copy of it", bytes))));
        assertEquals("HF-2042", refusal(wal.push(write("00000001000000000000002B", bytes))));
        assertEquals("HF-2042", refusal(wal.push(write("00000001000000000000002C", new byte[10]))));
        assertInstanceOf(PushOutcome.NotNow.class, wal.push(directory.resolve("00000001000000000000002D")));
        assertEquals(new FetchOutcome.NotThere(), wal.fetch(segment("00000001000000000000002B"), directory));
    }

    @Test
    void aSegmentThatItsServerStillWritesToIsNotArchived() throws IOException {
        Path file = write("data/pg_wal/" + SEGMENT, content(SEGMENT, 1));
        Path mark = write("data/pg_wal/archive_status/" + SEGMENT + ".ready", new byte[0]);
        Files.delete(mark);
        assertEquals("HF-2052", refusal(wal.push(file)));
        Files.createFile(mark);
        assertInstanceOf(PushOutcome.Durable.class, wal.push(file));
    }

    @Test
    void whatCannotBeUsedIsNotHandedOver() throws IOException {
        wal.push(write(SEGMENT.fileName(), content(SEGMENT, 1)));
        Path target = directory.resolve("there");
        try (Identity stranger = Identity.generate()) {
            WalByHand by = new WalByHand(repository, LAYOUT, new Encryption.To(owner.recipients()), stranger);
            assertEquals("HF-2010",
                    assertInstanceOf(FetchOutcome.Unusable.class, by.fetch(SEGMENT, target)).problem().code());
        }
        // One under another's name.
        WalFile.Segment other = segment("00000001000000000000002B");
        repository.put(LAYOUT.wal(other, Form.SEALED), SealedStream.seal(out -> out.write(content(SEGMENT, 1)),
                new Encryption.To(node.recipients())));
        assertEquals("HF-2043",
                assertInstanceOf(FetchOutcome.Unusable.class, wal.fetch(other, target)).problem().code());
        assertTrue(Files.notExists(target));
        assertInstanceOf(DeleteResult.Gone.class, repository.delete(LAYOUT.wal(other, Form.SEALED)));
        assertEquals(new FetchOutcome.NotThere(), wal.fetch(other, target));
        try (var files = Files.list(directory)) {
            assertEquals(List.of(SEGMENT.fileName()), files.map(file -> file.getFileName().toString()).toList());
        }
    }
}
