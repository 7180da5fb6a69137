package io.holdfast.sessions;

import io.holdfast.config.Problem;

/** What stands in a caller's way, by the codes of this module: for those who tell it on. */
public enum Obstacle {
    /** Nobody is logged in, or what was shown to log in is wrong. */
    UNKNOWN,
    /** Whoever asks may not. */
    NOT_ALLOWED,
    /** A code must be entered for exactly this. */
    WANTS_CODE,
    /** It is too early for another attempt, or too many wait. */
    TOO_EARLY,
    /** The shared state, or the audit log, does not take it now. */
    NOT_NOW,
    /** What is asked for cannot be, and the same again is no better. */
    CANNOT_BE,
    /** Something else. */
    OTHER;

    /** Of a problem. */
    public static Obstacle of(Problem problem) {
        return switch (problem.code()) {
            case "HF-4001", "HF-4005", "HF-4010", "HF-4033" -> UNKNOWN;
            case "HF-4002", "HF-4004", "HF-4030" -> NOT_ALLOWED;
            case "HF-4003" -> WANTS_CODE;
            case "HF-4006", "HF-4014" -> TOO_EARLY;
            case "HF-4013", "HF-4015" -> NOT_NOW;
            case "HF-4007", "HF-4008", "HF-4009", "HF-4016", "HF-4017", "HF-4034" -> CANNOT_BE;
            default -> OTHER;
        };
    }

    /** The code that was entered for an action opens nothing. */
    public static Problem wrongCode() {
        return new Problem("HF-4005", "user, password or code is wrong",
                "a code counts once; with the next one it may work. A clock that is off by a minute makes all codes wrong.");
    }
}
