package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.config.Encryption;
import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedNoteTest {
    private static final String TEXT = "what only they may know";

    @Test
    void isReadByEachOfItsRecipientsAndNobodyElse() throws IOException {
        try (Identity one = Identity.generate();
                Identity two = Identity.generate();
                Identity other = Identity.generate()) {
            byte[] sealed = SealedNote.seal(TEXT,
                    new Encryption.To(List.of(one.recipients().getFirst(), two.recipients().getFirst())));
            assertEquals(TEXT, SealedNote.open(sealed, one, "it"));
            assertEquals(TEXT, SealedNote.open(sealed, two, "it"));
            assertEquals("HF-2010", code(sealed, other));
            sealed[sealed.length - 1] ^= 1;
            assertEquals("HF-2011", code(sealed, one));
            assertEquals("HF-2012", code("no age".getBytes(java.nio.charset.StandardCharsets.UTF_8), one));
        }
    }

    @Test
    void ageReadsIt(@TempDir Path directory) throws IOException {
        KeyFiles.Pair pair = KeyFiles.create(directory, "backup");
        Path note = Files.write(directory.resolve("note.age"),
                SealedNote.seal(TEXT, new Encryption.To(List.of(pair.recipient()))));
        assertEquals(TEXT, Commands.must("age", "-d", "-i", pair.identity().toString(), note.toString()));
    }

    private static String code(byte[] sealed, Identity identity) {
        return assertThrows(SealException.class, () -> SealedNote.open(sealed, identity, "it")).problem().code();
    }
}
