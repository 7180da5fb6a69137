package io.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class WordsTest {

    @Test
    void durationsAreReadAsTheyAreWritten() {
        for (String text : List.of("0s", "1ms", "600ms", "1500ms", "5s", "90s", "1m", "1h", "36h", "2d")) {
            assertEquals(text, DurationText.write(DurationText.read(text).orElseThrow()));
        }
        assertEquals(Optional.of(Duration.ofHours(24)), DurationText.read("1d"));
        for (String text : List.of("", "5", "5 s", "-5s", "1.5s", "5S", "5sec", "9999999999s")) {
            assertEquals(Optional.empty(), DurationText.read(text), text);
        }
    }

    @Test
    void sizesAreReadAsTheyAreWritten() {
        for (String text : List.of("0B", "1B", "1000B", "1KiB", "1500KiB", "1MiB", "3GiB", "2TiB")) {
            assertEquals(text, SizeText.write(SizeText.read(text).orElseThrow()));
        }
        assertEquals(OptionalLong.of(1 << 20), SizeText.read("1024KiB"));
        for (String text : List.of("", "1", "1MB", "1 MiB", "-1B", "1.5MiB", "999999999999TiB")) {
            assertEquals(OptionalLong.empty(), SizeText.read(text), text);
        }
    }

    @Test
    void addressesAreReadAsTheyAreWritten() {
        for (String text : List.of("db1.example:5432", "10.0.0.1:1", "[::1]:65535", "[fd00::1:2]:80")) {
            assertEquals(text, HostPort.parse(text).toString());
        }
        assertEquals("::1", HostPort.parse("[::1]:80").host());
        assertTrue(HostPort.parse("0.0.0.0:80").isWildcard());
        for (String text : List.of("", ":80", "host", "host:", "host:0", "host:65536", "::1:80", "a b:80",
                "host:80x")) {
            assertEquals(Optional.empty(), HostPort.read(text), text);
        }
        assertThrows(IllegalArgumentException.class, () -> HostPort.parse("host"));
    }

    @Test
    void aWordIsTakenForItsNearestNeighbourOnly() {
        List<String> keys = List.of("lease", "acks", "suspect-after", "settle");
        assertEquals(Optional.of("lease"), Spelling.nearest("laese", keys));
        assertEquals(Optional.of("suspect-after"), Spelling.nearest("Suspect_After", keys));
        assertEquals(Optional.of("acks"), Spelling.nearest("ack", keys));
        assertEquals(Optional.empty(), Spelling.nearest("parameters", keys));
    }

    @Test
    void aSecretIsEqualByValueAndPrintsNothing() {
        assertEquals(new Secret("x"), new Secret("x"));
        assertEquals("***", new Secret("x").toString());
        assertEquals("x", new Secret("x").reveal());
    }
}
