package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.MemoryAgent;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.SigningKey;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.StateImage;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.ImageFile;
import io.holdfast.testkit.io.Commands;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images under the keys that backups are sealed and signed by. */
class StateSealTest {
    private static final Duration WITHIN = Duration.ofSeconds(1);
    private static final int POSITIONS = 60;

    private final ClusterJson json = new ClusterJson(SettingsJson::readStored);
    private final Identity identity = Identity.generate();
    private final SigningKey key = SigningKey.generate();
    private final MemoryStateStore store = new MemoryStateStore(() -> 0);
    @TempDir
    private Path directory = Path.of("");

    private byte[] image(String secret) {
        return image(secret, key);
    }

    private byte[] image(String secret, SigningKey signing) {
        store.commit(Txn.when().put("users/ada", secret).put("request/pause", "{}").build(), WITHIN);
        return ImageFile.write(store.range("", WITHIN), json, "orders", "4711", 7, new MemberName("db1"),
                MemoryAgent.AT,
                StateSeal.of(signing, identity.recipients()));
    }

    private StateImage open(byte[] file, Identity with) {
        return StateSeal.open(ImageFile.read(file, json, StateSeal::isSigned, "it"), with, json, "it");
    }

    @Test
    void whatWasSealedIsThereAgain() {
        StateImage image = open(image("argon2id"), identity);
        assertEquals("[Item[key=users/ada, value=argon2id]]", image.items().toString());
        assertEquals(key.signer().value(), image.header().signer());
    }

    @Test
    void aChangedByteAnywhereIsRefusedWithACode() {
        byte[] file = image("argon2id".repeat(100));
        Random random = new Random(6);
        for (int i = 0; i < POSITIONS; i++) {
            int at = i < 10 ? i : random.nextInt(file.length);
            byte[] changed = file.clone();
            changed[at] ^= (byte) (1 << random.nextInt(8));
            HoldfastException refused = assertThrows(HoldfastException.class, () -> open(changed, identity),
                    "byte " + at);
            assertTrue(refused.problem().code().matches("HF-101[123]"), refused.problem().message());
        }
        byte[] shorter = Arrays.copyOf(file, file.length - 1);
        assertEquals("HF-1012",
                assertThrows(HoldfastException.class, () -> open(shorter, identity)).problem().code());
    }

    @Test
    void anotherFirstLineBeforeTheSameEntriesIsRefusedWhoeverSignsIt() {
        ImageFile.Packed packed = ImageFile.read(image("argon2id"), json, StateSeal::isSigned, "it");
        SigningKey thief = SigningKey.generate();
        String head = packed.head()
                .replace("\"epoch\":7", "\"epoch\":9")
                .replace(key.signer().value(), thief.signer().value());
        byte[] line = head.getBytes(StandardCharsets.UTF_8);
        byte[] signed = together(line, packed.sealed());
        byte[] forged = together(line,
                ("{\"signature\":\"" + HexFormat.of().formatHex(thief.sign(signed)) + "\"}\n")
                        .getBytes(StandardCharsets.UTF_8),
                packed.sealed());
        HoldfastException refused = assertThrows(HoldfastException.class, () -> open(forged, identity));
        assertEquals("HF-1014", refused.problem().code());
    }

    @Test
    void nobodyElseOpensIt() {
        byte[] file = image("argon2id");
        HoldfastException refused = assertThrows(HoldfastException.class, () -> open(file, Identity.generate()));
        assertEquals("HF-2010", refused.problem().code());
        assertTrue(!new String(file, StandardCharsets.ISO_8859_1).contains("argon2id"));
    }

    @Test
    void theStandardToolsOpenItAsThePageSays() throws Exception {
        Path file = directory.resolve("state.holdfast");
        Files.write(file, image("argon2id"));
        Path secret = directory.resolve("backup.key");
        Files.writeString(secret, new String(identity.text()));
        String line = Files.readAllLines(Path.of("../docs/repository.md"))
                .stream()
                .filter(one -> one.startsWith("tail -n +3 state.holdfast"))
                .findFirst()
                .orElseThrow();
        assertEquals("{\"users/ada\":\"argon2id\"}\n", Commands.must("bash", "-c",
                "cd " + directory + " && " + line.replace("/root/backup.key", secret.toString())));
    }

    private static byte[] together(byte[]... parts) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }
}
