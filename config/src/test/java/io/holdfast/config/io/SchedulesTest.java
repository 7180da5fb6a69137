package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class SchedulesTest {

    @Test
    void tellsTheNextTimeOfThisHost() {
        assertEquals(here("2026-02-01T02:00"), Schedules.next("0 2 * * *", here("2026-01-31T02:00")));
        assertEquals(here("2026-01-31T02:00"), Schedules.next("0 2 * * *", here("2026-01-31T01:59")));
        assertEquals(here("2026-02-01T03:30"), Schedules.next("30 3 * * 0", here("2026-01-26T04:00")));
        assertEquals(here("2026-01-31T10:15"), Schedules.next("*/15 * * * *", here("2026-01-31T10:00")));
    }

    @Test
    void refusesWhatIsNone() {
        assertThrows(IllegalArgumentException.class, () -> Schedules.read("0 25 * * *"));
        assertThrows(IllegalArgumentException.class, () -> Schedules.read("0 2 * *"));
        assertThrows(IllegalArgumentException.class, () -> Schedules.read("every night at two o'clock"));
    }

    private static Instant here(String time) {
        return LocalDateTime.parse(time).atZone(ZoneId.systemDefault()).toInstant();
    }
}
