package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.BackupResult;
import io.holdfast.backup.ManifestResult;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.config.HoldfastException;
import io.holdfast.testkit.io.Eventually;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A repository with every kind of object that there is, over two timelines; a bit of each is turned over. */
@Tag("long")
final class FlippedBitTest {
    private static final int ROUNDS = 25;
    private static final int WHOLE = 500;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    @SuppressWarnings("NullAway.Init") // set before each test
    private WalRig rig;
    @SuppressWarnings("NullAway.Init") // set before each test
    private RigWork work;

    @BeforeEach
    void make() throws IOException {
        System.out.println("  seed: " + seed);
        rig = new WalRig(1);
        work = RigWork.of(rig);
        rig.fill();
        rig.serve(rig.directory("restored"));
        rig.archiveAll();
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        rig.pgbench("-n", "-t", "200");
        assertInstanceOf(BackupResult.Complete.class, work.backup(false));
        rig.pgbench("-n", "-t", "200");
        // A new timeline, in the middle of a segment.
        rig.stopPostgres(rig.data);
        Files.createFile(rig.data.resolve("standby.signal"));
        rig.startPostgres(rig.data);
        rig.postgres("pg_ctl", "-D", rig.data.toString(), "-w", "promote");
        rig.pgbench("-n", "-t", "200");
        rig.archiveAll();
        assertInstanceOf(BackupResult.Complete.class, work.backup(true));
        rig.pgbench("-n", "-t", "200");
        rig.archiveAll();
        rig.unserve();
        assertEquals(List.of(), work.verify().findings());
    }

    @AfterEach
    void stop() throws IOException {
        work.close();
        rig.close();
    }

    private List<String> objects() throws IOException {
        Path root = rig.repositoryDirectory();
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).map(file -> root.relativize(file).toString()).sorted().toList();
        }
    }

    /** The same again undoes it. */
    private void flip(String object, long bit) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(rig.repositoryDirectory().resolve(object).toFile(), "rw")) {
            file.seek(bit / 8);
            int old = file.read();
            file.seek(bit / 8);
            file.write(old ^ 1 << bit % 8);
        }
    }

    private long anyBit(String object, int round) throws IOException {
        long bytes = Files.size(rig.repositoryDirectory().resolve(object));
        // The head of what is sealed is short, and has its own rules.
        return 8 * (round % 3 == 0 ? random.nextLong(Math.min(bytes, 400)) : random.nextLong(bytes))
                + random.nextInt(8);
    }

    private static String kind(String object) {
        return object.substring(object.lastIndexOf('/') + 1)
                .replaceAll("[0-9A-F]{24}", "SEGMENT")
                .replaceAll("[0-9A-F]{8}", "NUMBER")
                .replaceAll("[0-9]{4}", "NUMBER");
    }

    @Test
    void eachIsNamed() throws IOException {
        List<String> all = objects();
        TreeMap<String, Integer> flipped = new TreeMap<>();
        // What tells of others hides them when it is damaged: those one by one.
        List<String> alone = all.stream().filter(o -> o.endsWith("manifest.json") || o.contains(".history")).toList();
        List<String> together = new ArrayList<>(all);
        together.removeAll(alone);
        for (int round = 0; round < ROUNDS; round++) {
            named(together, round);
            together.forEach(object -> flipped.merge(kind(object), 1, Integer::sum));
            for (String object : alone) {
                named(List.of(object), round);
                flipped.merge(kind(object), 1, Integer::sum);
            }
        }
        assertEquals(Set.of("manifest.json", "shard-NUMBER.tar.zst.age", "block-map.zst.age", "SEGMENT.zst.age",
                "NUMBER.history.zst.age", "SEGMENT.partial.zst.age", "SEGMENT.NUMBER.backup.zst.age"),
                flipped.keySet());
        assertEquals(List.of(), work.verify().findings(), "each was undone");
        System.out.println("  measured: named each time: " + flipped);
    }

    private void named(List<String> objects, int round) throws IOException {
        List<Long> bits = new ArrayList<>();
        for (String object : objects) {
            bits.add(anyBit(object, round));
            flip(object, bits.getLast());
        }
        Verify.Verdict verdict = work.verify();
        Set<String> named = verdict.findings().stream().map(f -> f.path().value()).collect(Collectors.toSet());
        Set<String> missed = new TreeSet<>(objects);
        missed.removeAll(named);
        assertEquals(Set.of(), missed, () -> bits + " of seed " + seed);
        for (Verify.Finding finding : verdict.findings()) {
            if (objects.contains(finding.path().value())) {
                assertTrue(finding.problem().fact().contains(finding.path().name()), finding::toString);
            }
        }
        for (int i = 0; i < objects.size(); i++) {
            flip(objects.get(i), bits.get(i));
        }
    }

    /** Also without the operator's key: by the node's own, as far as that opens them. */
    @Test
    void theNodeItselfSeesDamagedWal() throws IOException {
        List<String> wal = objects().stream().filter(object -> object.contains("/wal/")).toList();
        try (Identity other = Identity.generate()) {
            assertEquals(List.of(), work.verifyByNode(other).findings(), "what is sealed for others is not wrong");
        }
        assertEquals(List.of(), work.verifyByNode(rig.identity).findings());
        for (String object : wal) {
            long bit = 8 * (Files.size(rig.repositoryDirectory().resolve(object)) - 1);
            flip(object, bit);
            List<String> named = work.verifyByNode(rig.identity)
                    .findings()
                    .stream()
                    .map(f -> f.path().value())
                    .toList();
            assertTrue(named.contains(object), object + " is not in " + named);
            flip(object, bit);
        }
    }

    /** A bit in every byte of its form, of its signature and of what comes first, and in many of the others. */
    @Test
    void noBitOfAManifestCanBeAnother() throws IOException {
        int looked = 0;
        BackupEntry.Complete entry = (BackupEntry.Complete) work.catalog().backups().get(1);
        BackupId id = entry.id();
        RepositoryPath path = rig.layout.manifest(id);
        Manifests manifests = new Manifests(rig.repository());
        long bytes = Files.size(rig.repositoryDirectory().resolve(path.value()));
        for (long at = 0; at < bytes; at += at < WHOLE || at > bytes - WHOLE ? 1 : random.nextInt(1, 60)) {
            long bit = 8 * at + random.nextInt(8);
            flip(path.value(), bit);
            assertInstanceOf(ManifestResult.Unusable.class,
                    manifests.read(rig.layout, id, Set.of(entry.manifest().signer())), "bit " + bit);
            flip(path.value(), bit);
            looked++;
        }
        System.out.println("  measured: a bit in each of " + looked + " bytes of " + bytes);
    }

    @Test
    void aMissingSegmentIsNamedAndWhatCanBeReachedIsOffered() throws IOException {
        List<String> segments = new ArrayList<>(objects().stream()
                .filter(object -> object.matches(".*/wal/00000002/[0-9A-F]{24}\\.zst\\.age"))
                .toList());
        String newest = ((BackupEntry.Complete) work.catalog().backups().getLast()).manifest().wal().stop().toString();
        // Behind the last backup: the others would have another way.
        String last = segments.getLast();
        Collections.reverse(segments);
        String gone = segments.get(1);
        Path object = rig.repositoryDirectory().resolve(gone);
        Path aside = rig.base.resolve("aside");
        Files.move(object, aside);
        String name = object.getFileName().toString().substring(0, 24);
        Verify.Verdict verdict = work.verify();
        assertTrue(verdict.findings().stream().anyMatch(f -> f.problem().fact().contains(name)),
                verdict + " after " + newest + ", last " + last);
        Path directory = rig.directory("restored");
        HoldfastException refused = assertThrows(HoldfastException.class, () -> work.plan("latest"));
        assertEquals("HF-2085", refused.problem().code());
        assertFalse(Files.exists(directory), "nothing is touched");
        String offered = refused.problem().hint().replaceAll(".*(lsn=[0-9A-F]+/[0-9A-F]+).*", "$1");
        rig.serve(directory);
        Path space = rig.space("restored-space");
        work.restore(work.plan(offered), directory, false, space);
        rig.give(space);
        assertFalse(rig.restored(directory).isEmpty(), "what is offered can be reached");
        Files.move(aside, object);
        Eventually.within(WalRig.PATIENCE, "it is whole again", () -> work.decide("latest") != null);
    }
}
