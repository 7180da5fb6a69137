package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class TurnRecordTest {
    private static String inShort(String... lines) {
        return TurnRecord.inShort(ViewReader.read(List.of(lines)));
    }

    @Test
    void tellsOfAPrimaryAndOfWhatItHolds() {
        assertEquals("primary on timeline 2 of epoch 1, written 0/50, waits for 1 of [b@1], 1 connected; "
                + "led by a in epoch 1, held here for 700 ms yet; sync set 1 of [b@1]",
                inShort("self a: primary on=2/1 at=0/50 runs=1(b) b:0/50", "leader a/1", "hold 1 for=700",
                        "sync 1(b)"));
    }

    @Test
    void tellsOfAStandbyThatStreams() {
        assertEquals("standby on timeline 2 of epoch 1, flushed 0/50, replayed 0/40, upstream a of epoch 1, streams; "
                + "led by a in epoch 1; sync set nobody",
                inShort("self b: standby on=2/1 at=0/50 replayed=0/40 upstream=a/1 streaming", "leader a/1",
                        "sync nobody"));
    }

    @Test
    void tellsOfASeveredStandbyAndOfALeadershipThatIsGone() {
        assertEquals("standby on timeline 2 of epoch 1, flushed 0/50, replayed 0/50, severed; "
                + "lease lost by a in epoch 1; sync set not recorded",
                inShort("self b: standby on=2/1 at=0/50", "leader a/1 expired"));
        assertEquals("stopped cleanly on timeline 2 of epoch 1; given up by a in epoch 1; sync set not recorded",
                inShort("self b: stopped on=2/1 at=0/50 clean", "leader a/1 released"));
    }

    @Test
    void tellsOfNoDatabase() {
        assertEquals("no data directory; nobody has ever led; sync set not recorded",
                inShort("cluster unrecorded", "self b: absent"));
        assertEquals("no database: a clone was interrupted; nobody has ever led; sync set not recorded",
                inShort("self b: broken \"a clone was interrupted\""));
    }
}
