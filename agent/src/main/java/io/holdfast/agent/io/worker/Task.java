package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** Something that a worker does, on a thread of its own. */
@FunctionalInterface
interface Task {
    /**
     * Does it; throws HoldfastException or RepositoryException when it cannot.
     *
     * @param wish what exactly
     * @param told hears of it, and says when it is to be given up
     */
    JsonNode run(JsonNode wish, Asked told) throws IOException;

    /** Who asked. */
    interface Asked extends Told {
        /** What is to be done when the task is cancelled; at once when it is already. */
        void onCancel(Runnable action);
    }
}
