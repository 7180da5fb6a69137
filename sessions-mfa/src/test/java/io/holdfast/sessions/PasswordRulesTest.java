package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PasswordRulesTest {
    private static final UserName ADA = new UserName("adalovelace");

    private final PasswordRules rules = new PasswordRules(Set.of("password", "qwertyuiop", "letmein", "welcome"),
            "orders-prod", (_, _) -> 99);

    @Test
    void takesWhatIsLongEnoughWithoutRulesOnItsCharacters() {
        for (String good : List.of("correct horse battery", "zwölf Boxkämpfer", "tgnvhklwzpqx", "825719364802",
                "          kbzr1vtq0wmn", "\uD83D\uDE00\uD83D\uDC0E\uD83D\uDD0B\uD83D\uDCCE".repeat(3),
                "x7".repeat(64))) {
            assertEquals(Optional.empty(), rules.refuse(good, ADA), good);
        }
    }

    @Test
    void refusesWhatIsTooShortOrTooLong() {
        assertNotEquals(Optional.empty(), rules.refuse("tgnvhklwzpq", ADA));
        assertNotEquals(Optional.empty(), rules.refuse("\uD83D\uDE00".repeat(6), ADA));
        assertNotEquals(Optional.empty(), rules.refuse("x7".repeat(64) + "x", ADA));
        assertNotEquals(Optional.empty(), rules.refuse("tgnvhk\u0000lwzpqx", ADA));
    }

    @Test
    void refusesWhatEverybodyWouldTryFirst() {
        for (String bad : List.of("password1234", "PasswordPassword", "P@ssw0rd!2026", "qwertyuiop123", "aaaaaaaaaaaa",
                "123456789012", "abcdefghijklm", "987654321098", "adalovelace12", "AdaLovelace-2026",
                "orders-prod-2026",
                "welcomeletmein1", "            ", "l3tm31nl3tm31n", "111122223333")) {
            assertNotEquals(Optional.empty(), rules.refuse(bad, ADA), bad);
        }
    }

    @Test
    void refusesWhatIsSoonGuessedByWhoKnowsTheNames() {
        List<List<String>> asked = new ArrayList<>();
        PasswordRules guessed = new PasswordRules(Set.of(), "orders-prod", (password, near) -> {
            asked.add(near);
            return password.startsWith("tgnv") ? 9.9 : 10;
        });
        assertNotEquals(Optional.empty(), guessed.refuse("tgnvhklwzpqx", ADA));
        assertEquals(Optional.empty(), guessed.refuse("825719364802", new UserName("x.lovelace")));
        assertTrue(asked.getFirst().containsAll(List.of("adalovelace", "orders-prod", "orders", "prod", "postgres")),
                asked::toString);
        assertTrue(asked.getLast().contains("lovelace"), asked::toString);
    }

    @Test
    void isTheSameFromEveryKeyboard() {
        assertEquals(PasswordRules.normal("caf\u00e9"), PasswordRules.normal("cafe\u0301"));
        assertEquals("fi1", PasswordRules.normal("\ufb01\uff11"));
    }
}
