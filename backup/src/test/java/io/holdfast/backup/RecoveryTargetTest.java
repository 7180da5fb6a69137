package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RecoveryTargetTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"latest | latest", "end | end", "lsn=0/5000148 | lsn=0/5000148",
            "xid=74213 | xid=74213", "xid=4294967299 | xid=3", "name=before release | name=before release",
            "time=2026-01-31 10:00:00+01:00 | time=2026-01-31T09:00:00Z",
            "time=2026-01-31T10:00:00.123456789Z | time=2026-01-31T10:00:00.123456Z",
            "time=2026-01-31 10:00+01 | time=2026-01-31T09:00:00Z",
            "time=2026-01-31 10:00:00.5 -0330 | time=2026-01-31T13:30:00.500Z",})
    void readsWhatPeopleWriteAndWhatItWrites(String text, String canonical) {
        assertEquals(canonical, RecoveryTarget.read(text).toString());
        assertEquals(canonical, RecoveryTarget.read(canonical).toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"time=2026-01-31 10:00:00 | has no time zone",
            "time=2026-01-31T10:00 | has no time zone",
            "time=yesterday | is none", "time=2026-02-30 10:00:00Z | is none", "time= | is none",
            "lsn=5000148 | two hexadecimal numbers", "xid=2 | a number from 3 up", "xid=-5 | from 3 up",
            "name= | 1 to 63 bytes", "latest=now | has a value", "soon | is no recovery target",})
    void saysWhatIsWrong(String text, String what) {
        HoldfastException refused = assertThrows(HoldfastException.class, () -> RecoveryTarget.read(text));
        assertEquals("HF-2080", refused.problem().code());
        assertTrue(refused.problem().message().contains(what), refused.problem().message());
    }
}
