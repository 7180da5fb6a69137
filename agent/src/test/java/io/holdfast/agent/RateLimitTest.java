package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RateLimitTest {
    private static final long SECOND = 1_000_000_000L;

    private final RateLimit limit = new RateLimit(10, 2);

    @Test
    void allowsSoMuchAtOnceAndThenSoMuchASecond() {
        assertEquals(10, allowed("a", 0, 30));
        assertEquals(2, allowed("a", SECOND, 30));
        assertEquals(0, allowed("a", SECOND + SECOND / 4, 30));
        assertEquals(10, allowed("a", 100 * SECOND, 30));
    }

    @Test
    void oneAddressTakesNothingFromAnother() {
        allowed("a", 0, 1000);
        assertEquals(10, allowed("b", 0, 30));
    }

    /** Whoever has many addresses does not free one that is held back, while it goes on asking. */
    @Test
    void manyAddressesDoNotFreeOneThatAsksOn() {
        allowed("a", 0, 30);
        for (int i = 0; i < 10_000; i++) {
            assertTrue(limit.allows("x" + i, 0));
            assertEquals(0, allowed("a", 0, 1));
        }
    }

    private int allowed(String address, long now, int requests) {
        int allowed = 0;
        for (int i = 0; i < requests; i++) {
            allowed += limit.allows(address, now) ? 1 : 0;
        }
        return allowed;
    }
}
