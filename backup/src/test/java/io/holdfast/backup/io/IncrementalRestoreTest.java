package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Manifest.BackupObject;
import io.holdfast.backup.Manifest.Piece;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.holdfast.statesync.Lsn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full backup and one that follows it, with files that are cut, changed, grown, dropped, new and the same. */
final class IncrementalRestoreTest {
    private static final int PAGE = 8192;
    private static final Layout LAYOUT = new Layout("orders", new SystemId("7000000000000000001"));
    private static final String A = "base/1/a";
    private static final String B = "base/1/b";
    private static final String CONTROL = "global/pg_control";

    private final MemoryRepository repository = new MemoryRepository();
    private final SigningKey key = SigningKey.generate();
    private final Random random = new Random(7);

    /** A part of a file that goes into a shard. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Part(Piece piece, byte[] bytes) {
        static Part of(String path, byte[] whole, int from, int to) {
            return new Part(new Piece(path, from, to - from, whole.length), Arrays.copyOfRange(whole, from, to));
        }

        static Part whole(String path, byte[] whole) {
            return of(path, whole, 0, whole.length);
        }

        String entry() {
            return piece.sizeBytes() == piece.fileBytes() ? piece.path() : piece.path() + "@" + piece.offset();
        }
    }

    @Test
    void laysOneBackupOverTheOtherAndKeepsWhatIsThere(@TempDir Path temp) throws IOException {
        byte[] a = bytes(3);
        byte[] b = bytes(1);
        Map<String, byte[]> before = new TreeMap<>(
                Map.of(A, a, B, b, "base/1/gone", bytes(2), "base/1/empty", new byte[0], CONTROL, bytes(1)));
        Manifest full = backup("20260131T100000Z-full", null, before,
                List.of(List.of(Part.of(A, a, 0, 2 * PAGE)),
                        List.of(Part.of(A, a, 2 * PAGE, 3 * PAGE), Part.whole(B, b),
                                Part.whole("base/1/gone", of(before, "base/1/gone")),
                                Part.whole("base/1/empty", new byte[0]),
                                Part.whole(CONTROL, of(before, CONTROL)))));
        byte[] changed = Arrays.copyOf(a, 4 * PAGE);
        System.arraycopy(bytes(1), 0, changed, PAGE, PAGE);
        System.arraycopy(bytes(1), 0, changed, 3 * PAGE, PAGE);
        Map<String, byte[]> after = new TreeMap<>(
                Map.of(A, changed, B, b, "base/1/new", bytes(2), "base/1/empty", new byte[0], CONTROL, bytes(1)));
        Manifest incremental = backup("20260131T110000Z-incr", full, after,
                List.of(List.of(Part.of(A, changed, PAGE, 2 * PAGE), Part.of(A, changed, 3 * PAGE, 4 * PAGE),
                        Part.whole("base/1/new", of(after, "base/1/new")), Part.whole(CONTROL, of(after, CONTROL)))));

        Path directory = temp.resolve("data");
        assertEquals(0, run(directory, false, full).kept());
        assertFiles(directory, before);
        Files.writeString(directory.resolve("PG_VERSION"), "15");

        RestoreRun.Restored over = run(directory, true, full, incremental);
        assertEquals(2, over.kept(), "b and the empty file");
        assertFiles(directory, after);
        assertFalse(Files.exists(directory.resolve("base/1/gone")));

        Files.writeString(directory.resolve("PG_VERSION"), "15");
        byte[] damaged = b.clone();
        damaged[77] ^= 1;
        Files.write(directory.resolve(B), damaged);
        RestoreRun.Restored repaired = run(directory, true, full, incremental);
        assertEquals(3, repaired.kept(), "all but b and the control file");
        assertFiles(directory, after);
    }

    @Test
    void aFailureOnTheWayLeavesADirectoryThatCannotBeStarted(@TempDir Path temp) throws IOException {
        byte[] a = bytes(2);
        Map<String, byte[]> files = Map.of(A, a, CONTROL, bytes(1));
        Manifest full = backup("20260131T100000Z-full", null, files,
                List.of(List.of(Part.whole(A, a)), List.of(Part.whole(CONTROL, of(files, CONTROL)))));
        // The first shard holds another file than the manifest says.
        BackupObject shard = full.objects().getFirst();
        repository.delete(full.path(shard));
        assertInstanceOf(PutResult.Stored.class, repository.put(full.path(shard),
                SealedStream.seal(out -> out.write(tar(List.of(Part.whole("base/1/z", a)))), new Encryption.None())));
        Path directory = temp.resolve("data");
        // One that was killed as it had just begun is done over.
        Files.createDirectories(directory.resolve("global"));
        assertEquals("HF-2089",
                assertThrows(HoldfastException.class, () -> run(directory, false, full)).problem().code());
        HoldfastException failed = assertThrows(HoldfastException.class, () -> run(directory, true, full));
        assertTrue(failed.problem().message().contains(full.path(shard).value()), failed.problem().message());
        assertTrue(Files.isDirectory(directory));
        assertFalse(Files.exists(directory.resolve(CONTROL)));
    }

    private RestoreRun.Restored run(Path directory, boolean over, Manifest... chain) throws IOException {
        RestorePlan plan = new RestorePlan(RestoreRequest.to(new RecoveryTarget.Latest()), List.of(chain),
                TimelineHistory.first(new TimelineId(1)), List.of(), 0, 0, "a test wants it", "nothing");
        return new RestoreRun(repository, null, plan, new RestoreOptions(directory, over, Map.of(), "false",
                RestoreOptions.AtTarget.PROMOTE, 2)).run();
    }

    private static byte[] of(Map<String, byte[]> files, String path) {
        return Objects.requireNonNull(files.get(path));
    }

    private static void assertFiles(Path directory, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            assertArrayEquals(file.getValue(), Files.readAllBytes(directory.resolve(file.getKey())), file.getKey());
        }
    }

    private byte[] bytes(int pages) {
        byte[] bytes = new byte[pages * PAGE];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Stores a backup; its last shard has PostgreSQL's manifest of all files too. */
    private Manifest backup(String name, @Nullable Manifest parent, Map<String, byte[]> files,
            List<List<Part>> shards) throws IOException {
        BackupId id = BackupId.read(name).orElseThrow();
        List<BackupObject> objects = new ArrayList<>();
        for (List<Part> shard : shards) {
            List<Part> parts = new ArrayList<>(shard);
            if (objects.size() == shards.size() - 1) {
                parts.add(Part.whole("backup_manifest", postgresManifest(files)));
            }
            SealedStream.Sealing content = SealedStream.seal(out -> out.write(tar(parts)), new Encryption.None());
            PutResult.Stored stored = assertInstanceOf(PutResult.Stored.class,
                    repository.put(LAYOUT.shard(id, objects.size() + 1, Form.COMPRESSED), content));
            objects.add(new BackupObject("shard-%04d.tar.zst".formatted(objects.size() + 1), BackupObject.Kind.SHARD,
                    stored.fingerprint(), content.plainBytes(), parts.stream().map(Part::piece).toList()));
        }
        return new Manifest(Manifest.FORMAT, LAYOUT.cluster(), LAYOUT.systemId(), id,
                parent == null ? null : parent.id(), id.startedAt(), "db1", false,
                new Manifest.Server(150004, WalSegmentSize.DEFAULT, true),
                new Manifest.WalRange(new TimelineId(1), new Lsn(0x2000028), new TimelineId(1), new Lsn(0x2000100)),
                Form.COMPRESSED, List.of(), List.of(), "START WAL LOCATION: 0/2000028\n", objects,
                new Manifest.Verdict(0, List.of()), key.signer());
    }

    private static byte[] postgresManifest(Map<String, byte[]> files) {
        List<String> lines = new ArrayList<>();
        files.forEach((path, bytes) -> lines
                .add("{ \"Path\": \"%s\", \"Size\": %d, \"Checksum-Algorithm\": \"SHA256\", \"Checksum\": \"%s\" }"
                        .formatted(path, bytes.length, sha256(bytes))));
        return ("{ \"Files\": [" + String.join(",", lines) + "] }").getBytes(StandardCharsets.UTF_8);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As POSIX describes ustar. */
    private static byte[] tar(List<Part> parts) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Part part : parts) {
            byte[] header = new byte[512];
            put(header, 0, part.entry());
            put(header, 100, "0000600");
            put(header, 124, "%011o".formatted(part.bytes().length));
            put(header, 148, "        ");
            header[156] = '0';
            put(header, 257, "ustar");
            put(header, 263, "00");
            int sum = 0;
            for (byte one : header) {
                sum += one & 0xff;
            }
            put(header, 148, "%06o\0 ".formatted(sum));
            out.write(header);
            out.write(part.bytes());
            out.write(new byte[-part.bytes().length & 511]);
        }
        out.write(new byte[1024]);
        return out.toByteArray();
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
