package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.sessions.PasswordRules;
import io.holdfast.sessions.UserName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules with the words and the guesses that an agent has. */
final class LikelyGuessesTest {
    /** Of the kinds that lead the public lists of passwords that came out, as long as ours must be. */
    private static final String COMMON = """
            1q2w3e4r5t6y qwertyuiop123 qwertyuiop[] qwertyuiopasdf qazwsxedcrfv zaq12wsxcde3 1qaz2wsx3edc 1qazxsw23edc
            !qaz2wsx3edc asdfghjkl123 zxcvbnm12345 asdfasdfasdf poiuytrewq12 mnbvcxz12345 q1w2e3r4t5y6 1a2s3d4f5g6h
            azertyuiop12 qwertzuiop12 qwerty!@#$%^ !@#$%^&*()_+ 0987654321qwe asd123asd123 qwe123qwe123 zxc123zxc123
            password1234 Password123! P@ssw0rd1234 passw0rd12345 P4ssw0rdP4ssw0rd password!@#$ Passwort1234
            iloveyou1234 iloveyou2023 ILoveYou4Ever iamthebest12 ihateyou1234 mynameis1234 letmeinplease opensesame12
            princess1234 sunshine2024 football2023 baseball1234 superman1234 batman123456 dragon123456 monkey123456
            master123456 shadow123456 starwars1977 pokemon12345 whatever1234 computer1234 internet1234 samsung12345
            michael12345 jennifer1234 christopher1 alexander123 elizabeth123 liverpool123 chelsea12345 arsenal12345
            manchester123 barcelona123 realmadrid12 juventus1897 jordan23jordan blink182blink marlboro1234
            google123456 facebook1234 linkedin2012 hello1234567 hellohello12 goodmorning1 hallo1234567 schatz123456
            contraseña123 trustno1trustno1 letmein12345 letmein!letmein! welcome12345 welcome2023! changeme1234
            admin1234567 administrator administrator1 root12345678 toor12345678 test12345678 testtesttest secret123456
            123456789012 1234567890123 012345678910 111111111111 121212121212 123123123123 112233445566 102030405060
            147258369147 987654321098 11223344556677 20012001200 19851985198 aaaaaaaaaaaa abcdefghijkl abcd1234abcd
            abc123abc123 a1b2c3d4e5f6 december2023 summer2024!! Winter2023!! January2024! Monday12345!
            postgres1234 Postgresql12 database1234 holdfast1234 backup123456 failover2026 primary12345 correcthorsebatterystaple
            orders-prod-2026 0rders-Pr0d! prodorders12 adalovelace12 Lovelace1815 ada.lovelace1""";

    private final LikelyGuesses guesses = new LikelyGuesses();
    private final PasswordRules rules = new PasswordRules(RefusedPasswords.words(), "orders-prod", guesses);
    private final UserName ada = new UserName("ada.lovelace");

    @Test
    void whatLeadsTheListsOfPasswordsThatCameOutIsRefused() {
        List<String> common = Stream.of(COMMON.split("\\s+", -1)).toList();
        assertTrue(common.size() > 120, common.size() + " passwords");
        assertEquals(List.of(),
                common.stream().filter(password -> rules.refuse(password, ada).isEmpty()).toList());
    }

    @Test
    void whatSomebodyThoughtOfIsTaken() {
        for (String good : List.of("correct horse battery", "seven green ospreys", "eight red herrings!",
                "zwölf Boxkämpfer",
                "tgnvhklwzpqx", "825719364802", "          kbzr1vtq0wmn", "Kx9#mQ2$vL7p", "ospreys over orders")) {
            assertEquals(Optional.empty(), rules.refuse(good, ada), good);
        }
    }

    /** Only the worst that may be asked for: 128 characters without a pattern, and as many of one. */
    @Test
    void aLongOneIsLookedAtInTime() {
        for (String block : List.of("x7", "aA1!", "qwertyuiop", "Kx9#mQ2$vL7pTz4&wN8^bR5*yC3@hG6%")) {
            long begin = System.nanoTime();
            guesses.log10(block.repeat(128).substring(0, 128), List.of("ada"));
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            assertTrue(took.toSeconds() < 10, block + " took " + took);
        }
    }
}
