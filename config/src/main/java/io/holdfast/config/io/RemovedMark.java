package io.holdfast.config.io;

import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file in the state directory that says that this member was removed from its cluster: its agent starts no more. */
public final class RemovedMark {
    private static final String FILE = "removed";

    private RemovedMark() {}

    /** Puts it there. */
    public static void write(Path state, String story) throws IOException {
        Files.writeString(state.resolve(FILE), story + "\n");
    }

    /** What it says, if it is there. */
    public static Optional<Problem> problem(Path state) {
        Path file = state.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(problem(state, Files.readString(file).strip()));
        } catch (IOException e) {
            return Optional.of(problem(state, "this member was removed (" + file + " cannot be read)"));
        }
    }

    /** The problem, as it is told when it is found out. */
    public static Problem problem(Path state, String story) {
        return new Problem("HF-0067", story,
                "It takes no part any more; disable its agent. To make it a member again, as a"
                        + " new one: empty " + state
                        + " and the data directory, start the agent, and 'holdfast member add' on"
                        + " another member.");
    }
}
