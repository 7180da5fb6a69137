package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.MemberName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who promises a primary without a majority not to become one. */
class PromisingTest {
    private static final String STANDBY = "self b: standby on=2/1 at=0/50 upstream=a/1 streaming attached/1";
    private static final List<String> CLUSTER = List.of("a: primary", "w: witness", "leader a/1", "sync 1(b)",
            "history 1 a timeline=2", "failsafe a,b,w for=4000");
    private static final List<String> ON = List.of("settings failsafe", "memory wrote-attachment");
    private static final Question ASKED = new Question(new MemberName("a"), new Epoch(1), 700);

    /** The case in which it promises, with one line changed for each that begins alike, or one more. */
    private static View view(String... changed) {
        List<String> lines = new ArrayList<>(List.of(STANDBY));
        lines.addAll(CLUSTER);
        lines.addAll(ON);
        for (String line : changed) {
            String first = line.split(" ", 2)[0];
            lines.removeIf(l -> l.split(" ", 2)[0].equals(first));
            lines.add(first.equals("self") ? 0 : lines.size(), line);
        }
        return ViewReader.read(lines);
    }

    private static Answer refused(String why) {
        return new Answer(0, why);
    }

    private static Answer answer(String... changed) {
        return Promising.answer(view(changed), ASKED);
    }

    @Test
    void aStandbyOfThisPrimaryPromisesForAsLongAsTheRecordSays() {
        assertEquals(new Answer(4000, ""), answer());
    }

    @Test
    void aMemberWhoseDatabaseIsDownPromisesToo() {
        assertEquals(new Answer(4000, ""), answer("self b: stopped on=2/1 at=0/50 attached/1"));
    }

    @Test
    void aWitnessPromisesWithoutARecordOfItsOwn() {
        assertEquals(new Answer(4000, ""), answer("self w: witness", "w: witness", "memory leaderless=1"));
    }

    @Test
    void nobodyPromisesWhoKnowsFailsafeAsSwitchedOff() {
        assertEquals(refused("failsafe is off, as b knows it"), answer("settings acks=1"));
    }

    @Test
    void nobodyPromisesWhoKnowsOtherMembers() {
        assertEquals(refused("b knows of other members"),
                Promising.answer(view(), new Question(new MemberName("a"), new Epoch(1), 699)));
        assertEquals(refused("b knows of other members"), answer("failsafe a,w"));
    }

    @Test
    void nobodyPromisesWhoKnowsAnotherLeadership() {
        assertEquals(refused("b knows another leadership, of epoch 1"),
                Promising.answer(view(), new Question(new MemberName("a"), new Epoch(2), 700)));
        assertEquals(refused("b knows another leadership, of epoch 1"),
                Promising.answer(view(), new Question(new MemberName("w"), new Epoch(1), 700)));
    }

    @Test
    void nobodyPromisesWhoMayTakeOver() {
        assertEquals(refused("a lost its lease"), answer("leader a/1 expired"));
        assertEquals(refused("a gave the leadership up (PostgreSQL is down)"), answer("leader a/1 released"));
        assertEquals(refused("2 of 3 agents have had no answer from a"), answer("suspected w,c"));
    }

    @Test
    void nobodyPromisesAgainstAForcedFailover() {
        assertEquals(refused("anna wants another primary, whatever is lost"), answer("handover 1 to=b forced"));
        assertEquals(new Answer(4000, ""), answer("handover 1 to=b"));
    }

    @Test
    void nobodyPromisesWhoIsAPrimaryOrWasOneAMomentAgo() {
        assertEquals(refused("b is, or was, a primary itself"),
                answer("self b: primary on=2/1 at=0/50 runs=nobody attached/1"));
        assertEquals(refused("b is, or was, a primary itself"), answer("hold 1 for=1"));
        assertEquals(new Answer(4000, ""), answer("hold 1 for=0"));
    }

    @Test
    void nobodyPromisesWhileWhatItSentMayBeApplied() {
        assertEquals(refused("a takeover by a former agent process of b may yet be applied"),
                answer("memory leaderless=1"));
        assertEquals(refused("a takeover by b may yet be applied"), answer("pledge open"));
    }

    @Test
    void aTakeoverCanNoLongerBeAppliedOnceSomethingThatItComparesHasChanged() {
        View view = view();
        Map<MemberName, Long> own = Map.of(view.self(), view.cluster().attachmentVersion(view.self()));
        assertEquals(1, sent(new Pledge.Claim(100, 200, own)).seen(view.cluster()).open().size());
        assertEquals(0, sent(new Pledge.Claim(99, 200, own)).seen(view.cluster()).open().size());
        assertEquals(0, sent(new Pledge.Claim(100, 199, own)).seen(view.cluster()).open().size());
        assertEquals(0, sent(new Pledge.Claim(100, 200, Map.of(view.self(), 1L))).seen(view.cluster()).open().size());
    }

    private static Pledge sent(Pledge.Claim claim) {
        return Pledge.begun(0).sends(claim);
    }
}
