package io.holdfast.statesync;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Questions from agent to agent, over the same connections as the consensus and with the same certificates, but without it: they
 * need no majority, nor anybody's disk.
 */
public interface PeerLine {

    /**
     * Asks members, all at once.
     *
     * @param within how long to wait for the last of them
     * @return what those answered that did, in time
     */
    Map<MemberName, String> ask(Set<MemberName> members, String question, Duration within);

    /**
     * Who answers here from now on.
     *
     * @param answers from a question to its answer; called on a thread of the line, and must not block for long
     */
    void answer(UnaryOperator<String> answers);
}
