package io.holdfast.agent.io.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** What a verb's exit code says; scripts rely on it. */
public final class ExitCode {
    /** Done. */
    public static final int DONE = 0;
    /** Failed. */
    public static final int FAILED = 1;
    /** The command line is wrong. */
    public static final int USAGE = 2;
    /** No agent answers. */
    public static final int UNREACHABLE = 3;
    /** This user may not. */
    public static final int NOT_ALLOWED = 4;
    /** Refused, because it could lose data. */
    public static final int REFUSED = 5;

    private ExitCode() {}

    /** For the help of every verb. */
    static Map<String, String> words() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put(" 0", "done");
        words.put(" 1", "failed");
        words.put(" 2", "the command line is wrong");
        words.put(" 3", "no agent answers");
        words.put(" 4", "not allowed");
        words.put(" 5", "refused, because it could lose data; the message says what, and which flag allows it");
        return words;
    }

    /** The exit code for an HTTP status of the API that is not 200. */
    static int ofHttp(int status) {
        return switch (status) {
            case 401, 403 -> NOT_ALLOWED;
            case 409 -> REFUSED;
            case 400 -> USAGE;
            default -> FAILED;
        };
    }
}
