package io.holdfast.config;

/**
 * What the doctor found.
 *
 * @param severity how bad it is
 * @param problem what is, and what to do
 */
public record Finding(Severity severity, Problem problem) {

    /** How bad it is. */
    public enum Severity {
        /** Good to know; nothing needs to be done. */
        INFO,
        /** Works now, and will hurt. */
        WARNING,
        /** Does not work. */
        ERROR
    }

    /** Good to know. */
    public static Finding info(String code, String fact, String hint) {
        return new Finding(Severity.INFO, new Problem(code, fact, hint));
    }

    /** Works now, and will hurt. */
    public static Finding warning(String code, String fact, String hint) {
        return new Finding(Severity.WARNING, new Problem(code, fact, hint));
    }

    /** Does not work. */
    public static Finding error(String code, String fact, String hint) {
        return new Finding(Severity.ERROR, new Problem(code, fact, hint));
    }
}
