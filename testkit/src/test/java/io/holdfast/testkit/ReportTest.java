package io.holdfast.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final List<Ack> acks = new ArrayList<>();
    private final List<FaultMark> faults = new ArrayList<>();

    @Test
    void measuresTheOutageFromTheLastAcknowledgementBeforeTheFault() {
        ack("db1", 1, 100);
        ack("db1", 1, 110);
        fault("kill", 112);
        ack("db2", 2, 900);
        ack("db2", 2, 910);
        Report report = report(920);
        assertEquals(List.of(new Outage("kill", Duration.ofMillis(790), "db1", "db2")), report.outages());
        assertEquals(List.of(), report.overlaps());
        assertEquals(Set.of(), report.missing());
    }

    @Test
    void measuresAnOutageThatBeginsWhileTheOldPrimaryStillAcknowledges() {
        ack("db1", 1, 100);
        fault("freeze", 112);
        ack("db1", 1, 120);
        ack("db2", 2, 1120);
        assertEquals(Duration.ofSeconds(1), report(1130).outages().get(0).gap());
    }

    @Test
    void measuresAnOutageThatNeverEnds() {
        ack("db1", 1, 100);
        fault("kill", 112);
        Outage outage = report(5100).outages().get(0);
        assertEquals(Duration.ofSeconds(5), outage.gap());
        assertFalse(outage.ended());
    }

    @Test
    void givesEachFaultItsOwnOutageAndTheMedianOfAll() {
        long at = 0;
        for (int gap : new int[]{300, 100, 200}) {
            ack("db1", 1, at);
            fault("kill", at + 1);
            at += gap;
            ack("db1", 1, at);
            at += 10;
        }
        Report report = report(at);
        assertEquals(List.of(300L, 100L, 200L), report.outages().stream().map(o -> o.gap().toMillis()).toList());
        assertEquals(Duration.ofMillis(200), report.medianOutage());
        assertEquals(Duration.ofMillis(300), report.longestOutage());
    }

    @Test
    void namesAcknowledgedIdsThatTheFinalPrimaryDoesNotHave() {
        ack("db1", 1, 100);
        ack("db1", 1, 110);
        Report report = Report.of(acks, faults, Set.of(1L), List.of(), 2, ms(120));
        assertEquals(Set.of(2L), report.missing());
        assertTrue(report.text().contains("LOST [2]"), report.text());
    }

    @Test
    void seesAnOldPrimaryThatGoesOnAfterANewOneHasBegun() {
        ack("db1", 1, 100);
        ack("db2", 2, 200);
        ack("db1", 1, 210);
        ack("db1", 1, 260);
        Report report = report(300);
        assertEquals(List.of(new Overlap("db1", "db2", 2, 60)), report.overlaps());
        assertTrue(report.text().contains("SPLIT BRAIN"), report.text());
    }

    @Test
    void seesTwoPrimariesOfOneTimelineThatTakeTurns() {
        ack("db1", 1, 100);
        ack("db2", 1, 110);
        ack("db1", 1, 120);
        ack("db2", 1, 130);
        assertEquals(Set.of("db1", "db2"),
                report(140).overlaps().stream().map(Overlap::older).collect(Collectors.toSet()));
    }

    @Test
    void takesAMemberThatComesBackOnALaterTimelineForWhatItIs() {
        ack("db1", 1, 100);
        ack("db2", 2, 200);
        ack("db1", 3, 300);
        assertEquals(List.of(), report(400).overlaps());
    }

    private void ack(String member, int timeline, long endMillis) {
        acks.add(new Ack(acks.size() + 1, member, timeline, 0, ms(endMillis - 2), ms(endMillis)));
    }

    private void fault(String name, long atMillis) {
        faults.add(new FaultMark(name, ms(atMillis)));
    }

    private Report report(long endMillis) {
        Set<Long> all = acks.stream().map(Ack::id).collect(Collectors.toSet());
        return Report.of(acks, faults, all, List.of(), acks.size(), ms(endMillis));
    }

    private static long ms(long millis) {
        return millis * 1_000_000;
    }
}
