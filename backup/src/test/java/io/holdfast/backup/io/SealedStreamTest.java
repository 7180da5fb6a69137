package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Recipient;
import io.holdfast.testkit.io.Commands;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class SealedStreamTest {
    private static final int CHUNK = 64 << 10;
    private static final Identity IDENTITY = Identity.generate();
    private static final Identity OTHER = Identity.generate();

    @TempDir
    private Path directory = Path.of("");

    /** Sizes around the borders of age's chunks and of zstd's blocks. */
    static IntStream sizes() {
        return IntStream.of(0, CHUNK, 2 * CHUNK, 3 * CHUNK, 1 << 20)
                .flatMap(border -> IntStream.rangeClosed(-1, 1).map(beside -> border + beside))
                .filter(size -> size >= 0);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static Encryption to(Identity... identities) {
        return new Encryption.To(Arrays.stream(identities).flatMap(one -> one.recipients().stream()).toList());
    }

    private static Encryption encryption(Form form) {
        return form == Form.SEALED ? to(IDENTITY) : new Encryption.None();
    }

    private static byte[] seal(byte[] plain, Encryption encryption) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SealedStream.Sealing sealing = SealedStream.seal(Content.of(plain), encryption);
        sealing.writeTo(out);
        assertEquals(plain.length, sealing.plainBytes());
        return out.toByteArray();
    }

    private static byte[] open(byte[] stored, Form form, @Nullable Identity identity) throws IOException {
        try (InputStream in = SealedStream.open(new ByteArrayInputStream(stored), form, identity, "object")) {
            return in.readAllBytes();
        }
    }

    private static SealException.Kind refused(byte[] stored, Form form, @Nullable Identity identity) {
        SealException refusal = assertThrows(SealException.class, () -> open(stored, form, identity));
        assertTrue(refusal.problem().fact().contains("object"), refusal::toString);
        return refusal.kind();
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void opensWhatItSealed(int size) throws IOException {
        byte[] plain = random(size);
        assertArrayEquals(plain, open(seal(plain, to(IDENTITY)), Form.SEALED, IDENTITY));
        assertArrayEquals(plain, open(seal(plain, new Encryption.None()), Form.COMPRESSED, null));
    }

    /** Random bytes grow by some twenty when compressed, so that the chunks' borders are met by trying each size near them. */
    @Test
    void opensWhatItSealedWhereTheSealedBytesMeetTheBordersOfChunks() throws IOException {
        byte[] plain = random(2 * CHUNK + 64);
        for (int chunks = 1; chunks <= 2; chunks++) {
            for (int size = chunks * CHUNK - 50; size <= chunks * CHUNK + 10; size++) {
                byte[] some = Arrays.copyOf(plain, size);
                assertArrayEquals(some, open(seal(some, to(IDENTITY)), Form.SEALED, IDENTITY), "size " + size);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void theStandardToolsOpenIt(int size) throws IOException {
        byte[] plain = random(size);
        Path sealed = Files.write(directory.resolve("o.zst.age"), seal(plain, to(OTHER, IDENTITY)));
        Path opened = directory.resolve("opened");
        shell("age -d -i %s %s | zstd -d -q >%s".formatted(key(IDENTITY), sealed, opened));
        assertArrayEquals(plain, Files.readAllBytes(opened));
        Path compressed = Files.write(directory.resolve("o.zst"), seal(plain, new Encryption.None()));
        shell("zstd -d -q <%s >%s".formatted(compressed, opened));
        assertArrayEquals(plain, Files.readAllBytes(opened));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void opensWhatTheStandardToolsSealed(int size) throws IOException {
        byte[] plain = random(size);
        Path file = Files.write(directory.resolve("plain"), plain);
        Path sealed = directory.resolve("sealed");
        shell("zstd -q <%s | age -r %s -r %s >%s".formatted(file, OTHER.recipients().getFirst(),
                IDENTITY.recipients().getFirst(), sealed));
        assertArrayEquals(plain, open(Files.readAllBytes(sealed), Form.SEALED, IDENTITY));
    }

    @Test
    void takesTheKeysOfAgeAndGivesItsOwn() throws IOException {
        Path theirs = directory.resolve("theirs");
        shell("age-keygen -o %s 2>/dev/null".formatted(theirs));
        try (Identity read = Identity.read(theirs)) {
            String printed = Commands.must("age-keygen", "-y", theirs.toString()).strip();
            assertEquals(List.of(new Recipient(printed)), read.recipients());
        }
        assertEquals(IDENTITY.recipients().getFirst().value(),
                Commands.must("age-keygen", "-y", key(IDENTITY).toString()).strip());
    }

    @Test
    void anyOfSeveralIdentitiesOpens() throws IOException {
        String both = new String(OTHER.text()) + "\n# the old one\n" + new String(IDENTITY.text()) + "\r\n";
        try (Identity identity = Identity.parse(both.toCharArray(), "both")) {
            assertEquals(List.of(OTHER.recipients().getFirst(), IDENTITY.recipients().getFirst()),
                    identity.recipients());
            assertArrayEquals(random(9), open(seal(random(9), to(IDENTITY)), Form.SEALED, identity));
        }
    }

    @Test
    void anOldKeyBehindANewOneOpensWhatIsOldAndNothingNew() throws IOException {
        try (Identity owner = Identity.generate();
                Identity old = Identity.parse(IDENTITY.text(), "the old file");
                Identity rotated = Identity.parse(
                        (new String(OTHER.text()) + new String(IDENTITY.text())).toCharArray(),
                        "the new file")) {
            byte[] before = seal(random(9), old.beside(to(owner)));
            byte[] after = seal(random(9), rotated.beside(to(owner)));
            for (Identity both : List.of(owner, rotated)) {
                assertArrayEquals(random(9), open(before, Form.SEALED, both));
                assertArrayEquals(random(9), open(after, Form.SEALED, both));
            }
            assertEquals("HF-2010",
                    assertThrows(SealException.class, () -> open(after, Form.SEALED, old)).problem().code());
        }
        assertEquals(new Encryption.None(), OTHER.beside(new Encryption.None()));
    }

    @Test
    void anIdentityIsWiped() {
        char[] text = OTHER.text();
        Identity identity = Identity.parse(text, "text");
        assertEquals(new String(new char[text.length]), new String(text));
        identity.close();
        assertEquals("", new String(identity.text()).lines().skip(1).findFirst().orElse("?").replace("\0", ""));
    }

    @Test
    void whatIsNoIdentityIsRefusedWithoutBeingQuoted() {
        String almost = new String(IDENTITY.text()).strip();
        String wrong = almost.substring(0, almost.length() - 1) + (almost.endsWith("Q") ? "P" : "Q");
        for (String text : List.of("", "# nothing\n", wrong, "AGE-SECRET-KEY-1",
                IDENTITY.recipients().getFirst().value())) {
            HoldfastException refusal = assertThrows(HoldfastException.class,
                    () -> Identity.parse(text.toCharArray(), "the file"));
            assertTrue(refusal.problem().message().startsWith("HF-2016 the file "), refusal::toString);
            assertEquals(null, refusal.getCause(), "a cause could quote the key");
        }
        assertEquals("HF-2015", assertThrows(HoldfastException.class, () -> Identity.read(directory.resolve("none")))
                .problem()
                .code());
    }

    @Test
    void aWrongIdentitySaysSo() throws IOException {
        byte[] sealed = seal(random(9), to(IDENTITY));
        assertEquals(SealException.Kind.WRONG_IDENTITY, refused(sealed, Form.SEALED, OTHER));
        assertEquals(SealException.Kind.WRONG_IDENTITY, refused(sealed, Form.SEALED, null));
    }

    @Test
    void whatWasNeverSealedSaysSo() {
        assertEquals(SealException.Kind.OTHER_FORM, refused(random(1000), Form.SEALED, IDENTITY));
        assertEquals(SealException.Kind.DAMAGED, refused(new byte[0], Form.SEALED, IDENTITY));
        assertEquals(SealException.Kind.DAMAGED, refused(random(1000), Form.COMPRESSED, null));
    }

    @ParameterizedTest
    @EnumSource
    void everyCutIsFound(Form form) throws IOException {
        byte[] small = seal(random(200), encryption(form));
        for (int size = 0; size < small.length; size++) {
            refused(Arrays.copyOf(small, size), form, IDENTITY);
        }
        byte[] large = seal(random(3 * CHUNK), encryption(form));
        int header = large.length % (CHUNK + 16);
        for (int chunk = 0; chunk < 3; chunk++) {
            for (int beside = -20; beside <= 20; beside++) {
                int size = header + chunk * (CHUNK + 16) + beside;
                refused(Arrays.copyOf(large, Math.min(size, large.length - 1)), form, IDENTITY);
            }
        }
    }

    /** A bit of each byte, another one of the next byte. */
    @ParameterizedTest
    @EnumSource
    void aFlippedBitIsFound(Form form) throws IOException {
        flip(form, 9);
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource
    void everyFlippedBitIsFound(Form form) throws IOException {
        flip(form, 1);
    }

    private static void flip(Form form, int step) throws IOException {
        byte[] plain = random(200);
        byte[] stored = seal(plain, encryption(form));
        for (int bit = 0; bit < stored.length * 8; bit += step) {
            byte[] flipped = stored.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertNotAccepted(plain, flipped, form, "bit " + bit);
        }
        byte[] large = seal(random(5 * CHUNK), encryption(form));
        for (int at = 1; at < large.length; at += 9_973) {
            byte[] flipped = large.clone();
            flipped[at] ^= 16;
            refused(flipped, form, IDENTITY);
        }
    }

    /** A bit of zstd's header may say how much memory it takes, and nothing else: then the same comes out. */
    private static void assertNotAccepted(byte[] plain, byte[] stored, Form form, String which) {
        try {
            assertArrayEquals(plain, open(stored, form, IDENTITY), which);
            assertEquals(Form.COMPRESSED, form, which);
        } catch (IOException e) {
            assertSame(SealException.class, e.getClass(), which);
        }
    }

    @Test
    void moreThanOneObjectIsNotAnObject() throws IOException {
        byte[] one = seal(random(100), to(IDENTITY));
        byte[] twice = Arrays.copyOf(one, 2 * one.length);
        System.arraycopy(one, 0, twice, one.length, one.length);
        assertEquals(SealException.Kind.DAMAGED, refused(twice, Form.SEALED, IDENTITY));
    }

    @Test
    void whatBreaksOffIsNotEnded() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Form form : Form.values()) {
            assertThrows(IOException.class, () -> SealedStream.seal(plain -> {
                plain.write(random(5 * CHUNK));
                throw new IOException("no more");
            }, encryption(form)).writeTo(out));
            refused(out.toByteArray(), form, IDENTITY);
            out.reset();
        }
    }

    @Test
    void sealingLeavesTheStreamBehindItOpen() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public void close() {
                throw new IllegalStateException("closed by another than its owner");
            }
        };
        SealedStream.seal(Content.of(random(9)), to(IDENTITY)).writeTo(out);
        SealedStream.seal(Content.of(random(9)), new Encryption.None()).writeTo(out);
        assertTrue(out.size() > 0);
    }

    @Test
    void openingClosesWhatItWasGiven() throws IOException {
        boolean[] closed = {false};
        byte[] stored = seal(random(9), to(IDENTITY));
        class Watched extends ByteArrayInputStream {
            Watched() {
                super(stored);
            }

            @Override
            public void close() {
                closed[0] = true;
            }
        }
        SealedStream.open(new Watched(), Form.SEALED, IDENTITY, "object").close();
        assertTrue(closed[0]);
        closed[0] = false;
        assertThrows(SealException.class, () -> SealedStream.open(new Watched(), Form.SEALED, OTHER, "object"));
        assertTrue(closed[0], "also when it refuses");
    }

    private Path key(Identity identity) throws IOException {
        return Files.writeString(directory.resolve("key"), new String(identity.text()));
    }

    private static void shell(String line) {
        Commands.must("bash", "-euo", "pipefail", "-c", line);
    }
}
