package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class BackupTableTest {
    @Test
    void whatIsNotKnownIsADash() {
        assertEquals(List.of(
                "BACKUP                 STATE       MEMBER  SIZE     STORED   PROVED                RESTORABLE TO",
                "20260131T100000Z-full  complete    db2     1.5 GiB  512 MiB  2026-02-01T00:00:00Z  0/5000148 on timeline 3",
                "20260201T100000Z-incr  unfinished  -       -        12 KiB   never                 -"),
                BackupTable.lines(List.of(
                        new BackupTable.Row("20260131T100000Z-full", "complete", "db2", 3L << 29, 1L << 29,
                                "2026-02-01T00:00:00Z", "0/5000148 on timeline 3"),
                        new BackupTable.Row("20260201T100000Z-incr", "unfinished", "", -1, 12 << 10, "never", "")),
                        StatusTable.UNLIMITED));
    }
}
