package io.holdfast.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class FailoverLedgerTest {
    private static final String PAGE = """
            # Measurements

            | date | failovers | median | worst | ended | in a row |
            | --- | --- | --- | --- | --- | --- |

            More words.
            """;

    @Test
    void runsThatWentWellAddUp() {
        String page = FailoverLedger.append(PAGE, run("1 May", 20, 700, 1100));
        page = FailoverLedger.append(page, run("2 May", 200, 720, 1900));
        assertEquals(220, FailoverLedger.inARow(page));
        assertEquals(PAGE.replace("| --- |\n\n", """
                | --- |
                | 1 May | 20 | 700 ms | 1100 ms | well | 20 |
                | 2 May | 200 | 720 ms | 1900 ms | well | 220 |

                """), page);
    }

    @Test
    void aFailureBeginsTheCountAnew() {
        String page = FailoverLedger.append(PAGE, run("1 May", 20, 700, 1100));
        page = FailoverLedger.append(page, new FailoverLedger.Run("2 May", 7, 700, 1100,
                FailoverLedger.State.FAILED, "host: 1 lost | seen\nonce"));
        assertEquals(0, FailoverLedger.inARow(page));
        page = FailoverLedger.append(page, run("3 May", 5, 700, 1100));
        assertEquals(5, FailoverLedger.inARow(page));
    }

    @Test
    void aPageWithoutTheTableIsRefused() {
        assertEquals(0, FailoverLedger.inARow("nothing"));
        assertThrows(IllegalArgumentException.class,
                () -> FailoverLedger.append("nothing", run("1 May", 1, 1, 1)));
    }

    @Test
    void aRunCountsFromItsFirstFailoverOn() {
        String page = FailoverLedger.append(PAGE, run("1 May", 20, 700, 1100));
        page = FailoverLedger.append(page, running(1));
        assertEquals(21, FailoverLedger.inARow(page));
        page = FailoverLedger.replaceLast(page, running(2));
        assertEquals(22, FailoverLedger.inARow(page));
        assertEquals(PAGE.replace("| --- |\n\n", """
                | --- |
                | 1 May | 20 | 700 ms | 1100 ms | well | 20 |
                | 2 May | 2 | 700 ms | 900 ms | running | 22 |

                """), page);
        assertThrows(IllegalArgumentException.class, () -> FailoverLedger.replaceLast(PAGE, running(3)));
    }

    private static FailoverLedger.Run run(String date, int failovers, long median, long worst) {
        return new FailoverLedger.Run(date, failovers, median, worst, FailoverLedger.State.WELL, "");
    }

    private static FailoverLedger.Run running(int failovers) {
        return new FailoverLedger.Run("2 May", failovers, 700, 900, FailoverLedger.State.RUNNING, "");
    }
}
