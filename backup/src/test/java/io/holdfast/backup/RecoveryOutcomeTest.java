package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RecoveryOutcomeTest {
    private static final RecoveryTarget TARGET = RecoveryTarget.read("lsn=0/5000148");

    @Test
    void aTargetIsReachedWhenTheServerStopsThere() {
        RecoveryOutcome.Reached reached = assertInstanceOf(RecoveryOutcome.Reached.class, RecoveryOutcome.of(TARGET,
                List.of("LOG:  redo starts at 0/4000028",
                        "LOG:  recovery stopping after WAL location (LSN) \"0/5000148\"",
                        "LOG:  archive recovery complete")));
        assertTrue(reached.where().contains("0/5000148"), reached.where());
    }

    @Test
    void anEndOfTheWalIsNoTarget() {
        RecoveryOutcome.Missed missed = assertInstanceOf(RecoveryOutcome.Missed.class,
                RecoveryOutcome.of(TARGET, List.of("LOG:  redo done at 0/4FFFFF0",
                        "FATAL:  recovery ended before configured recovery target was reached")));
        assertEquals("HF-2109", missed.problem().code());
        assertTrue(missed.problem().fact().contains("lsn=0/5000148"), missed.problem().fact());
    }

    @Test
    void theLatestStateIsReachedAtTheEndAndNothingBeforeThat() {
        RecoveryTarget latest = new RecoveryTarget.Latest();
        List<String> log = List.of("LOG:  redo starts at 0/4000028");
        assertInstanceOf(RecoveryOutcome.Replaying.class, RecoveryOutcome.of(latest, log));
        assertInstanceOf(RecoveryOutcome.Reached.class,
                RecoveryOutcome.of(latest, List.of(log.getFirst(), "LOG:  archive recovery complete")));
        assertInstanceOf(RecoveryOutcome.Replaying.class,
                RecoveryOutcome.of(TARGET, List.of(log.getFirst(), "LOG:  archive recovery complete")));
    }
}
