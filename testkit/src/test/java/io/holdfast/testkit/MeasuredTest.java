package io.holdfast.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.StatusJson;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredTest {
    private static final Duration FLOOR = Duration.ofMillis(150);
    private static final Duration LEASE = Duration.ofSeconds(5);
    private final Measured host = new Measured("host", "quorum",
            Measured.Bar.of("host", "quorum", LEASE),
            List.of(round(900, 3000, 4000), round(600, 1000, 6000), round(1200, 2000, 5000)), 1);

    @Test
    void theMiddleRoundIsTheMedian() {
        assertEquals(Duration.ofMillis(900), host.median());
        assertEquals(Duration.ofMillis(1200), host.worst());
        assertEquals(Duration.ofMillis(2), Measured.median(List.of(Duration.ofMillis(2), Duration.ofMillis(1))));
        assertThrows(IllegalArgumentException.class,
                () -> new Measured("host", "quorum", Measured.Bar.NONE, List.of(), 0));
    }

    @Test
    void theTableHasALineAKindAndTheRatioToTheFloor() {
        String table = Measured.table(List.of(host), FLOOR);
        assertTrue(table.contains(
                "\n| host | quorum | 3 | 900 ms | 1200 ms | 2.0 s, -: met | 6.0 | 2000 ms | 1500 ms | 5.0 s, 6.0 s | 6 | 300 B"
                        + " | 3 of 3 | 1 |\n"),
                table);
        assertTrue(table.contains("The floor: 150 ms"), table);
    }

    @Test
    void aProgramReadsTheSameFigures() {
        var json = StatusJson.tree(host.json(FLOOR));
        assertEquals("host", json.path("kind").asText());
        assertEquals(900, json.path("medianMillis").asLong());
        assertEquals(1200, json.path("outagesMillis").path(2).asLong());
        assertEquals(6.0, json.path("toFloor").asDouble());
        assertEquals(1, json.path("overlaps").asInt(-1));
        assertEquals(1500, json.path("withProxyMillis").path(1).asLong());
        assertEquals(2, json.path("lostByRound").path(0).asInt());
        assertTrue(json.path("asTold").path(0).asBoolean());
        assertTrue(json.path("underBar").asBoolean());
    }

    @Test
    void theBarOfAsyncIsTheLeaseAndALittle() {
        assertEquals(Duration.ofMillis(6500), Measured.Bar.of("cable", "async", LEASE).worst());
        Measured slow = new Measured("cable", "async", Measured.Bar.of("cable", "async", LEASE),
                List.of(round(6600, 1, 1), round(5000, 1, 1), round(5000, 1, 1)), 0);
        assertFalse(slow.isUnderBar());
    }

    private static Measured.Round round(long outage, long withUrl, long back) {
        return new Measured.Round(Duration.ofMillis(outage), Duration.ofMillis(withUrl),
                Duration.ofMillis(1500), Duration.ofMillis(back), 2, 100, true);
    }
}
