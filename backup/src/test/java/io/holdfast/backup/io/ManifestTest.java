package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.BackupId;
import io.holdfast.backup.Content;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Manifest.BackupObject;
import io.holdfast.backup.Manifest.Piece;
import io.holdfast.backup.ManifestResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.Sha256;
import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.SignerKey;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Recipient;
import io.holdfast.statesync.Lsn;
import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ManifestTest {
    private static final SigningKey KEY = SigningKey.generate();
    private static final Set<SignerKey> TRUSTED = Set.of(KEY.signer());
    private static final BackupId FULL = BackupId.read("20260131T100000Z-full").orElseThrow();
    private static final BackupId INCREMENTAL = BackupId.read("20260201T100000Z-incr").orElseThrow();
    private static final Layout LAYOUT = new Layout("orders", new SystemId("7312345678901234567"));
    private static final Fingerprint FINGERPRINT = new Fingerprint(1000, new Sha256("0f".repeat(32)));

    @TempDir
    private Path directory = Path.of("");

    private static Manifest manifest(BackupId id, @Nullable BackupId parent) {
        return new Manifest(Manifest.FORMAT, "orders", LAYOUT.systemId(), id, parent,
                Instant.parse("2026-01-31T10:01:02.5Z"), "db2", true,
                new Manifest.Server(150_004, WalSegmentSize.DEFAULT, true),
                new Manifest.WalRange(new TimelineId(1), Lsn.parse("0/2000028"), new TimelineId(2), Lsn.parse("1/0")),
                Form.SEALED,
                List.of(new Recipient("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj")),
                List.of(new Manifest.Tablespace("16384", "fast", "/mnt/ä \"fast\"")), "START WAL LOCATION: 0/2000028\n",
                List.of(new BackupObject("shard-0001.tar.zst.age", BackupObject.Kind.SHARD, FINGERPRINT, 9000,
                        List.of(Piece.whole("base/1/1259", 8192), new Piece("base/1/2619", 8192, 8192, 16_384))),
                        new BackupObject("shard-0002.tar.zst.age", BackupObject.Kind.SHARD, FINGERPRINT, 8192,
                                List.of(new Piece("base/1/2619", 0, 8192, 16_384))),
                        new BackupObject("block-map.zst.age", BackupObject.Kind.BLOCK_MAP, FINGERPRINT, 77, List.of())),
                new Manifest.Verdict(3, List.of(new Manifest.CorruptPage("base/1/2619", 1))), KEY.signer());
    }

    private static Repository stored() {
        Repository repository = new MemoryRepository();
        assertInstanceOf(PutResult.Stored.class, new Manifests(repository).store(manifest(FULL, null), KEY));
        return repository;
    }

    private static String text(Repository repository) throws IOException {
        try (var in = assertInstanceOf(GetResult.Found.class, repository.get(LAYOUT.manifest(FULL))).stream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void readsWhatItStored() {
        assertEquals(new ManifestResult.Found(manifest(FULL, null), new SignatureVerdict.Trusted(KEY.signer())),
                new Manifests(stored()).read(LAYOUT, FULL, TRUSTED));
        Repository repository = stored();
        Manifests manifests = new Manifests(repository);
        manifests.store(manifest(INCREMENTAL, FULL), KEY);
        ManifestResult.Found child = assertInstanceOf(ManifestResult.Found.class,
                manifests.read(LAYOUT, INCREMENTAL, TRUSTED));
        assertEquals(FULL, child.manifest().parent());
    }

    @Test
    void theSameAgainIsTheSameBytes() {
        assertInstanceOf(PutResult.AlreadyThere.class, new Manifests(stored()).store(manifest(FULL, null), KEY));
    }

    @Test
    void whateverIsChangedIsFound() throws IOException {
        String text = text(stored());
        for (int at = 0; at < text.length(); at += 7) {
            char other = text.charAt(at) == '7' ? '8' : '7';
            Repository changed = new MemoryRepository();
            changed.put(LAYOUT.manifest(FULL),
                    Content.of(
                            (text.substring(0, at) + other + text.substring(at + 1)).getBytes(StandardCharsets.UTF_8)));
            int place = at;
            assertInstanceOf(ManifestResult.Unusable.class, new Manifests(changed).read(LAYOUT, FULL, TRUSTED),
                    () -> "at " + place + " of " + text);
        }
    }

    @Test
    void aStrangersSignatureIsNotTrusted() {
        ManifestResult.Found found = assertInstanceOf(ManifestResult.Found.class,
                new Manifests(stored()).read(LAYOUT, FULL, Set.of(SigningKey.generate().signer())));
        assertEquals(new SignatureVerdict.Stranger(KEY.signer()), found.signature());
        assertThrows(IllegalArgumentException.class,
                () -> new Manifests(stored()).store(manifest(FULL, null), SigningKey.generate()));
    }

    @Test
    void opensslVerifiesTheSignature() throws IOException {
        List<String> lines = text(stored()).lines().toList();
        assertEquals(3, lines.size());
        String signature = lines.get(0).replaceAll(".*: \"|\",", "");
        Files.write(directory.resolve("signature"), HexFormat.of().parseHex(signature));
        Files.writeString(directory.resolve("signed"), lines.get(1).substring("\"manifest\": ".length()));
        Files.writeString(directory.resolve("key"), SigningKey.publicPem(KEY.signer()));
        String said = Commands.must("openssl", "pkeyutl", "-verify", "-pubin", "-inkey",
                directory.resolve("key").toString(),
                "-rawin", "-in", directory.resolve("signed").toString(), "-sigfile",
                directory.resolve("signature").toString());
        assertTrue(said.contains("Verified Successfully"), said);
    }

    @Test
    void aCopiedManifestIsOfAnotherBackup() throws IOException {
        Repository repository = stored();
        BackupId other = BackupId.read("20260301T100000Z-full").orElseThrow();
        repository.put(LAYOUT.manifest(other), Content.of(text(repository).getBytes(StandardCharsets.UTF_8)));
        ManifestResult.Unusable unusable = assertInstanceOf(ManifestResult.Unusable.class,
                new Manifests(repository).read(LAYOUT, other, TRUSTED));
        assertEquals("HF-2033", unusable.problem().code());
    }

    @Test
    void aLaterFormatSaysSo() throws IOException {
        Repository later = new MemoryRepository();
        later.put(LAYOUT.manifest(FULL), Content.of(("{\"signature\": \"" + "00".repeat(64)
                + "\",\n\"manifest\": {\"format\":2,\"what\":[]}\n}\n").getBytes(StandardCharsets.UTF_8)));
        assertEquals("HF-2031", assertInstanceOf(ManifestResult.Unusable.class,
                new Manifests(later).read(LAYOUT, FULL, TRUSTED)).problem().code());
    }

    @Test
    void aBackupWithoutOneIsMissing() {
        assertInstanceOf(ManifestResult.Missing.class, new Manifests(stored()).read(LAYOUT, INCREMENTAL, TRUSTED));
    }

    @Test
    void knowsWhereEachFileIs() {
        Manifest manifest = manifest(FULL, null);
        assertEquals(List.of("base/1/1259", "base/1/2619"), List.copyOf(manifest.files().keySet()));
        List<Manifest.Located> pieces = Objects.requireNonNull(manifest.files().get("base/1/2619"));
        assertEquals(List.of(0L, 8192L), pieces.stream().map(located -> located.piece().offset()).toList());
        assertEquals("shard-0002.tar.zst.age", pieces.getFirst().object().name());
        assertEquals(LAYOUT.shard(FULL, 1, Form.SEALED), manifest.path(manifest.objects().getFirst()));
        assertEquals(3000, manifest.storedBytes());
        assertEquals(9000 + 8192 + 77, manifest.plainBytes());
        assertEquals(false, manifest.verdict().isGood());
    }

    @Test
    void refusesWhatContradictsItself() {
        assertThrows(IllegalArgumentException.class, () -> manifest(FULL, INCREMENTAL));
        assertThrows(IllegalArgumentException.class, () -> manifest(INCREMENTAL, null));
        for (String path : List.of("", "/etc/passwd", "../x", "base/../../x", "base/..")) {
            assertThrows(IllegalArgumentException.class, () -> Piece.whole(path, 1), path);
        }
        assertThrows(IllegalArgumentException.class, () -> new Piece("a", 1, 1, 1));
        assertEquals("base/a..b", Piece.whole("base/a..b", 1).path());
    }

    @Test
    void aSigningKeyIsReadAsOpensslMakesIt() {
        Path theirs = directory.resolve("theirs");
        Commands.must("openssl", "genpkey", "-algorithm", "ed25519", "-out", theirs.toString());
        String pub = Commands.must("openssl", "pkey", "-in", theirs.toString(), "-pubout");
        assertEquals(pub, SigningKey.publicPem(SigningKey.read(theirs).signer()));
    }

    @Test
    void aSigningKeyIsMadeOnce() throws IOException {
        Path file = directory.resolve("new/signing.key");
        SigningKey made = SigningKey.readOrMake(file);
        assertEquals(made.signer(), SigningKey.readOrMake(file).signer());
        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        Files.writeString(file, "something else");
        assertEquals("HF-2023",
                assertThrows(HoldfastException.class, () -> SigningKey.readOrMake(file)).problem().code());
        assertEquals("HF-2022",
                assertThrows(HoldfastException.class, () -> SigningKey.read(directory)).problem().code());
    }
}
