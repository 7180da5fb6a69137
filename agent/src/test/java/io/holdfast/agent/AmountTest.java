package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AmountTest {
    @Test
    void bytesReadLikeAPersonWouldSayThem() {
        assertEquals("0 B", Amount.bytes(0));
        assertEquals("1023 B", Amount.bytes(1023));
        assertEquals("1.0 KiB", Amount.bytes(1024));
        assertEquals("16 MiB", Amount.bytes(16L << 20));
        assertEquals("8192 PiB", Amount.bytes(Long.MAX_VALUE));
    }

    @Test
    void agesUseOneUnit() {
        assertEquals("0s", Amount.age(Duration.ofSeconds(-3)));
        assertEquals("99s", Amount.age(Duration.ofSeconds(99)));
        assertEquals("1m", Amount.age(Duration.ofSeconds(100)));
        assertEquals("47h", Amount.age(Duration.ofHours(47)));
        assertEquals("2d", Amount.age(Duration.ofHours(49)));
    }

    @Test
    void secondsHaveATenthWhileItMatters() {
        assertEquals("0 s", Amount.seconds(0));
        assertEquals("0.3 s", Amount.seconds(0.34));
        assertEquals("12 s", Amount.seconds(12.4));
    }
}
