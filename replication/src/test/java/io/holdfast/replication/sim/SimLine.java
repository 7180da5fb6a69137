package io.holdfast.replication.sim;

import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.PeerLine;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** From one agent to all others, in one instant: what a slow network adds makes a promise end later only. */
record SimLine(SimWorld world, int index) implements PeerLine {
    @Override
    public Map<MemberName, String> ask(Set<MemberName> members, String question, Duration within) {
        Map<MemberName, String> answers = new TreeMap<>();
        for (MemberName member : members) {
            String answer = world.ask(index, world.indexOf(member), question);
            if (answer != null) {
                answers.put(member, answer);
            }
        }
        return world.mutation.answers(answers, members);
    }

    @Override
    public void answer(UnaryOperator<String> answers) {
        throw new UnsupportedOperationException("the world asks the member itself");
    }
}
