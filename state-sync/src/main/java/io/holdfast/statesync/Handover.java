package io.holdfast.statesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * That an operator wants another primary. One at a time; whoever carries it out deletes it.
 *
 * @param id the operation's id
 * @param epoch the epoch that it is to end; in a later one it means nothing
 * @param to who is to be the next primary; null: whoever is best
 * @param forced true: {@code to} takes over although it may lack what was acknowledged, once nobody holds the lease
 * @param dry true: nothing is done, only said what stands in the way
 * @param begun true: the primary stops for it, now; standbys need not wait for the release to sever, only for the end of their
 *     streams
 * @param by who asked
 * @param at when, by the clock of the agent that was asked; for people
 */
public record Handover(String id, Epoch epoch, @Nullable MemberName to, boolean forced, boolean dry,
        boolean begun, String by, Instant at) {
    /** As its primary writes it down before it stops. */
    public Handover begin() {
        return new Handover(id, epoch, to, forced, dry, true, by, at);
    }
}
