package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** When a primary's own agent suspects it. */
class UnusableTest {
    @Test
    void aPrimaryWithoutItsDataIsUnusableAtOnce() {
        assertTrue(unusable("self a: absent", "leader a/1"));
        assertTrue(unusable("self a: broken \"an interrupted clone\"", "leader a/1"));
    }

    @Test
    void soIsOneThatHasNotAnsweredForTwoLeases() {
        assertTrue(unusable("self a: silent hung \"no answer\"", "leader a/1", "memory hung=10000"));
        assertFalse(unusable("self a: silent hung \"no answer\"", "leader a/1", "memory hung=9999"));
    }

    @Test
    void aDirectoryThatCannotBeReadMayBeReadTheNextTime() {
        assertFalse(unusable("self a: foreign \"HF-3030\"", "leader a/1"));
    }

    @Test
    void aMemberThatIsNotThePrimarySuspectsNobodyForItsOwnDisk() {
        assertFalse(unusable("self b: absent", "leader a/1"));
        assertFalse(unusable("self a: primary on=2/1 at=0/50", "leader a/1"));
    }

    @Test
    void theFirstPrimaryOfAllHasNoDataYet() {
        assertFalse(unusable("self a: absent", "leader a/1", "cluster unrecorded"));
    }

    private static boolean unusable(String... lines) {
        return ViewReader.read(List.of(lines)).isUnusable();
    }
}
