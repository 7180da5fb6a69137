package io.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RecipientTest {
    /** From the age specification's examples. */
    private static final String VALID = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    @Test
    void aPublicKeyIsARecipient() {
        assertEquals(VALID, new Recipient(VALID).toString());
    }

    @Test
    void everyMistypedLetterIsFound() {
        String letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        for (int at = 4; at < VALID.length(); at++) {
            for (int i = 0; i < letters.length(); i++) {
                String typed = VALID.substring(0, at) + letters.charAt(i) + VALID.substring(at + 1);
                assertEquals(typed.equals(VALID), Recipient.isValid(typed), typed);
            }
        }
        assertFalse(Recipient.isValid(VALID.substring(0, 61)));
        assertFalse(Recipient.isValid(VALID + "q"));
        assertFalse(Recipient.isValid("AGE-SECRET-KEY-1"));
        assertThrows(IllegalArgumentException.class, () -> new Recipient(""));
    }

    @Test
    void sealingForNobodyIsNoEncryption() {
        assertThrows(IllegalArgumentException.class, () -> new Encryption.To(List.of()));
        assertTrue(new Encryption.To(List.of(new Recipient(VALID))).recipients().contains(new Recipient(VALID)));
    }
}
