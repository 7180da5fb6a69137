package io.holdfast.metrics;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Port to a server that takes line protocol. */
public interface LineWriter extends AutoCloseable {
    /** Sends a batch and waits for the answer, for as long as its time-out says. One call at a time. */
    Answer write(Batch batch);

    /** Ends a {@link #write} that is under way in another thread, which then answers {@link Away}, as all later ones do. */
    void cancel();

    @Override
    void close();

    /** What became of a batch. */
    sealed interface Answer {}

    /** All of it is there. */
    record Written() implements Answer {}

    /**
     * The server does not want all of it, for what is in it or for its size; what else is in it may or may not be there.
     *
     * @param reason in the server's words
     * @param line the line that it named, from 1; 0: none
     */
    record Refused(String reason, int line) implements Answer {}

    /**
     * No answer, or one that has nothing to do with what was sent: it may be there, and is to be sent again.
     *
     * @param why for people
     * @param retryAfter how long the server wants to be left alone; null: it did not say
     */
    record Away(String why, @Nullable Duration retryAfter) implements Answer {}
}
