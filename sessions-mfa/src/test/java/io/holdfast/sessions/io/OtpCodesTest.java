package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.sessions.Totp;
import io.holdfast.sessions.Totp.Algorithm;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OtpCodesTest {
    private static final byte[] SECRET = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SECRET_32 = "12345678901234567890123456789012".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SECRET_64 = "1234567890123456789012345678901234567890123456789012345678901234"
            .getBytes(StandardCharsets.US_ASCII);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    private final OtpCodes codes = new OtpCodes();

    /** RFC 4226, appendix D. */
    @Test
    void computesTheCodesOfRfc4226() {
        List<String> right = List.of("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
                "399871", "520489");
        for (int i = 0; i < right.size(); i++) {
            assertEquals(right.get(i), codes.code(Totp.USUAL, SECRET, i));
        }
    }

    /** RFC 6238, appendix B. */
    @ParameterizedTest
    @CsvSource({"59, 94287082, 46119246, 90693936", "1111111109, 07081804, 68084774, 25091201",
            "1111111111, 14050471, 67062674, 99943326", "1234567890, 89005924, 91819424, 93441116",
            "2000000000, 69279037, 90698825, 38618901", "20000000000, 65353130, 77737706, 47863826"})
    void acceptsTheCodesOfRfc6238(long second, String sha1, String sha256, String sha512) {
        Instant at = Instant.ofEpochSecond(second);
        assertAccepted(new Totp(Algorithm.SHA1, 8, 30), SECRET, sha1, at);
        assertAccepted(new Totp(Algorithm.SHA256, 8, 30), SECRET_32, sha256, at);
        assertAccepted(new Totp(Algorithm.SHA512, 8, 30), SECRET_64, sha512, at);
    }

    private void assertAccepted(Totp totp, byte[] secret, String code, Instant at) {
        assertEquals(code, codes.code(totp, secret, totp.step(at)));
        assertEquals(OptionalLong.of(totp.step(at)), totp.accepted(codes, secret, code, at, -1));
    }

    @Test
    void acceptsOneStepToEitherSideAndNoMore() {
        long now = Totp.USUAL.step(NOW);
        for (long step = now - 1; step <= now + 1; step++) {
            assertEquals(OptionalLong.of(step), accepted(step, -1));
        }
        assertEquals(OptionalLong.empty(), accepted(now - 2, -1));
        assertEquals(OptionalLong.empty(), accepted(now + 2, -1));
    }

    @Test
    void acceptsNoStepTwiceNorOneBeforeIt() {
        long now = Totp.USUAL.step(NOW);
        assertEquals(OptionalLong.empty(), accepted(now, now));
        assertEquals(OptionalLong.empty(), accepted(now - 1, now));
        assertEquals(OptionalLong.of(now + 1), accepted(now + 1, now));
    }

    @Test
    void refusesWhatIsNoCode() {
        for (String wrong : List.of("", "0", "755 22", "abcdef", "7552245", "\u0661\u0662\u0663\u0664\u0665\u0666",
                "-55224")) {
            assertTrue(Totp.USUAL.accepted(codes, SECRET, wrong, Instant.ofEpochSecond(59), -1).isEmpty(), wrong);
        }
        assertTrue(Totp.USUAL.accepted(codes, SECRET, "287 082", Instant.ofEpochSecond(59), -1).isPresent());
        assertFalse(Totp.USUAL.accepted(codes, SECRET, "755224", Instant.ofEpochSecond(-59), -1).isPresent());
    }

    private OptionalLong accepted(long step, long last) {
        return Totp.USUAL.accepted(codes, SECRET, codes.code(Totp.USUAL, SECRET, step), NOW, last);
    }
}
