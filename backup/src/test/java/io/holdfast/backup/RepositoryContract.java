package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Repository} does. One may be shared by all tests, so each keeps to a folder of its own. */
public abstract class RepositoryContract {
    private static final Sha256 OF_ABC = new Sha256("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    private RepositoryPath folder = RepositoryPath.ROOT;

    /** The repository. */
    protected abstract Repository repository();

    /** More bytes than the adapter sends at once. */
    protected int manyBytes() {
        return 3 << 20;
    }

    @BeforeEach
    void ownFolder() {
        folder = new RepositoryPath("t-" + UUID.randomUUID().toString().substring(0, 8));
    }

    private RepositoryPath name(String below) {
        return folder.resolve(below);
    }

    private PutResult put(String name, byte[] bytes) throws IOException {
        return repository().put(name(name), Content.of(bytes));
    }

    private void stored(String name, byte[] bytes) throws IOException {
        assertEquals(bytes.length,
                assertInstanceOf(PutResult.Stored.class, put(name, bytes)).fingerprint().sizeBytes());
    }

    private static byte[] read(GetResult result) throws IOException {
        try (var stream = assertInstanceOf(GetResult.Found.class, result).stream()) {
            return stream.readAllBytes();
        }
    }

    private List<StoredObject> list(RepositoryPath below) {
        return assertInstanceOf(ListResult.Listed.class, repository().list(below)).objects();
    }

    private List<String> folders(RepositoryPath below) {
        return assertInstanceOf(FoldersResult.Listed.class, repository().folders(below)).names();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void givesBackWhatWasStored() throws IOException {
        assertEquals(new PutResult.Stored(new Fingerprint(3, OF_ABC)), put("a/b/c", bytes("abc")));
        GetResult.Found found = assertInstanceOf(GetResult.Found.class, repository().get(name("a/b/c")));
        assertEquals(3, found.objectBytes());
        assertArrayEquals(bytes("abc"), read(found));
    }

    @Test
    void takesManyBytesInPiecesOfAnySize() throws IOException {
        byte[] all = random(manyBytes() + 12_345);
        PutResult result = repository().put(name("large"), out -> {
            int[] sizes = {1, 100_000, 7, 65_536, 65_552};
            for (int at = 0, i = 0; at < all.length; i++) {
                int count = Math.min(sizes[i % sizes.length], all.length - at);
                out.write(all, at, count);
                at += count;
            }
        });
        assertInstanceOf(PutResult.Stored.class, result);
        assertArrayEquals(all, read(repository().get(name("large"))));
        assertArrayEquals(java.util.Arrays.copyOfRange(all, all.length - 10, all.length),
                read(repository().get(name("large"), all.length - 10, 100)));
        assertEquals(new PutResult.AlreadyThere(((PutResult.Stored) result).fingerprint()), put("large", all));
    }

    @Test
    void anObjectMayBeEmpty() throws IOException {
        stored("empty", new byte[0]);
        assertEquals(0, read(repository().get(name("empty"))).length);
        assertEquals(List.of(new StoredObject(name("empty"), 0)), list(folder));
    }

    @Test
    void givesAPart() throws IOException {
        stored("part", bytes("0123456789"));
        assertEquals("234", new String(read(repository().get(name("part"), 2, 3)), StandardCharsets.UTF_8));
        assertEquals("89", new String(read(repository().get(name("part"), 8, 100)), StandardCharsets.UTF_8));
        assertEquals(0, read(repository().get(name("part"), 10, 1)).length);
        assertEquals(0, read(repository().get(name("part"), 11, 1)).length);
        assertEquals(0, read(repository().get(name("part"), 3, 0)).length);
        GetResult.Found found = assertInstanceOf(GetResult.Found.class, repository().get(name("part"), 2, 3));
        assertEquals(10, found.objectBytes());
        found.stream().close();
        assertThrows(IllegalArgumentException.class, () -> repository().get(name("part"), -1, 1));
    }

    @Test
    void theSameAgainIsASuccess() throws IOException {
        stored("wal", bytes("same"));
        assertInstanceOf(PutResult.AlreadyThere.class, put("wal", bytes("same")));
    }

    @Test
    void neverOverwrites() throws IOException {
        stored("wal", bytes("first"));
        PutResult.Different shorter = assertInstanceOf(PutResult.Different.class, put("wal", bytes("2nd")));
        assertEquals(5, shorter.thereBytes());
        assertEquals(3, shorter.offered().sizeBytes());
        assertInstanceOf(PutResult.Different.class, put("wal", bytes("other")), "of the same length");
        assertArrayEquals(bytes("first"), read(repository().get(name("wal"))));
    }

    @Test
    void whatBreaksOffIsNotThere() throws IOException {
        IOException reason = new IOException("the file was read only half");
        IOException thrown = assertThrows(IOException.class, () -> repository().put(name("half"), out -> {
            out.write(random(manyBytes() + 1));
            throw reason;
        }));
        assertEquals(reason, thrown);
        assertThrows(IllegalStateException.class, () -> repository().put(name("half"), out -> {
            out.write(1);
            throw new IllegalStateException("a bug");
        }));
        assertInstanceOf(GetResult.Missing.class, repository().get(name("half")));
        assertEquals(List.of(), list(folder));
        stored("half", bytes("whole"));
    }

    @Test
    void nothingIsSeenOfAnObjectBeforeItIsWhole() throws IOException {
        repository().put(name("growing"), out -> {
            out.write(random(manyBytes() + 1));
            assertInstanceOf(GetResult.Missing.class, repository().get(name("growing")));
            assertEquals(List.of(), list(folder));
            assertEquals(List.of(), folders(folder));
        });
        assertEquals(1, list(folder).size());
    }

    @Test
    void ofManyThatPutOneNameOneStoresIt() throws Exception {
        int writers = 8;
        CountDownLatch together = new CountDownLatch(writers);
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            List<Callable<PutResult>> puts = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                byte[] own = bytes("writer " + i % 4);
                puts.add(() -> repository().put(name("deep/er/contested"), out -> {
                    together.countDown();
                    try {
                        if (!together.await(20, TimeUnit.SECONDS)) {
                            throw new IOException("the others did not come");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IOException(e);
                    }
                    out.write(own);
                }));
            }
            List<Class<?>> results = new ArrayList<>();
            for (Future<PutResult> put : threads.invokeAll(puts)) {
                results.add(put.get().getClass());
            }
            assertEquals(1, results.stream().filter(PutResult.Stored.class::equals).count(), results::toString);
            assertEquals(1, results.stream().filter(PutResult.AlreadyThere.class::equals).count(), results::toString);
            assertEquals(6, results.stream().filter(PutResult.Different.class::equals).count(), results::toString);
        }
    }

    @Test
    void listsWhatIsBelowAFolderInOrder() throws IOException {
        for (String name : List.of("b/2", "b/10", "a", "b/c/d", "bc/x", "z")) {
            stored(name, bytes(name));
        }
        assertEquals(List.of(new StoredObject(name("b/10"), 4), new StoredObject(name("b/2"), 3),
                new StoredObject(name("b/c/d"), 5)), list(name("b")));
        assertEquals(List.of("a", "b/10", "b/2", "b/c/d", "bc/x", "z"),
                list(folder).stream()
                        .map(object -> object.path().value().substring(folder.value().length() + 1))
                        .toList());
        assertEquals(List.of("b", "bc"), folders(folder));
        assertEquals(List.of("c"), folders(name("b")));
        assertEquals(List.of(), folders(name("b/c")));
        assertEquals(List.of(), list(name("none")));
        assertEquals(List.of(), folders(name("none")));
        Set<String> roots = new HashSet<>(folders(RepositoryPath.ROOT));
        assertEquals(true, roots.contains(folder.value()), roots::toString);
    }

    @Test
    void whatIsRemovedIsGone() throws IOException {
        stored("x/one", bytes("1"));
        stored("x/two", bytes("2"));
        assertInstanceOf(DeleteResult.Gone.class, repository().delete(name("x/one")));
        assertInstanceOf(DeleteResult.Gone.class, repository().delete(name("x/one")), "again");
        assertInstanceOf(GetResult.Missing.class, repository().get(name("x/one")));
        assertEquals(List.of(new StoredObject(name("x/two"), 1)), list(folder));
        assertInstanceOf(DeleteResult.Gone.class, repository().delete(name("x/two")));
        assertEquals(List.of(), folders(folder));
        stored("x/one", bytes("another"));
    }

    @Test
    void whatIsNotThereIsMissing() {
        assertInstanceOf(GetResult.Missing.class, repository().get(name("nothing")));
        assertInstanceOf(GetResult.Missing.class, repository().get(name("nothing/below"), 0, 1));
    }

    @Test
    void theRootIsNoObject() {
        assertThrows(IllegalArgumentException.class,
                () -> repository().put(RepositoryPath.ROOT, Content.of(new byte[0])));
        assertThrows(IllegalArgumentException.class, () -> repository().get(RepositoryPath.ROOT));
        assertThrows(IllegalArgumentException.class, () -> repository().delete(RepositoryPath.ROOT));
    }
}
