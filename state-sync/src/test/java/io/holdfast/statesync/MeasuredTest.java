package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class MeasuredTest {
    private static final long MIB = 1 << 20;

    @Test
    void eachMeasurementCountsHalf() {
        Measured measured = new Measured(800, 700, 50 * MIB);
        assertEquals(500, measured.handedOver(300).handOverMillis());
        assertEquals(600, measured.restarted(400, 0).restartMillis());
    }

    @Test
    void replayIsTakenOffARestartWithLittleWal() {
        Measured measured = new Measured(800, 700, 10 * MIB);
        assertEquals(700, measured.restarted(1_600, 10 * MIB).restartMillis());
    }

    @Test
    void muchWalTellsHowFastReplayIs() {
        Measured measured = new Measured(1_000, 700, 50 * MIB).restarted(3_000, 200 * MIB);
        assertEquals(75 * MIB, measured.replayBytesPerSecond());
        assertEquals(1_000, measured.restartMillis());
        assertEquals(2_000, measured.replayMillis(150 * MIB));
    }
}
