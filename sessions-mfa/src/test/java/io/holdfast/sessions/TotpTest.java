package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.sessions.Totp.Algorithm;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TotpTest {

    @Test
    void writesWhatAnAuthenticatorAppReads() {
        assertEquals(
                "otpauth://totp/Holdfast%20orders:ada%40ops?secret=GEZDGNBV&issuer=Holdfast%20orders&algorithm=SHA256"
                        + "&digits=8&period=60",
                new Totp(Algorithm.SHA256, 8, 60).uri("Holdfast orders", "ada@ops",
                        "12345".getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void comparesEveryCandidateWhicheverIsRight() {
        int[] computed = new int[1];
        Totp.Codes counting = (totp, secret, counter) -> {
            computed[0]++;
            return "%06d".formatted(counter % 1_000_000);
        };
        Instant now = Instant.ofEpochSecond(3_000);
        for (String code : List.of("000099", "000100", "000101", "999999", "")) {
            computed[0] = 0;
            Totp.USUAL.accepted(counting, new byte[1], code, now, -1);
            assertEquals(3, computed[0], code);
        }
    }

    @Test
    void refusesShapesThatNoAppKnows() {
        assertThrows(IllegalArgumentException.class, () -> new Totp(Algorithm.SHA1, 5, 30));
        assertThrows(IllegalArgumentException.class, () -> new Totp(Algorithm.SHA1, 9, 30));
        assertThrows(IllegalArgumentException.class, () -> new Totp(Algorithm.SHA1, 6, 0));
    }

    /** RFC 4648, section 10. */
    @Test
    void encodesAsRfc4648Does() {
        List<String> plain = List.of("", "f", "fo", "foo", "foob", "fooba", "foobar");
        List<String> encoded = List.of("", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI");
        for (int i = 0; i < plain.size(); i++) {
            byte[] bytes = plain.get(i).getBytes(StandardCharsets.US_ASCII);
            assertEquals(encoded.get(i), Base32.encode(bytes));
            assertArrayEquals(bytes, Base32.decode(encoded.get(i)).orElseThrow());
        }
        assertArrayEquals("fooba".getBytes(StandardCharsets.US_ASCII), Base32.decode("mzxw-6ytb ").orElseThrow());
        assertEquals(Optional.empty(), Base32.decode("MZXW1"));
    }
}
