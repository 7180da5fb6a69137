package io.holdfast.agent;

/** Colours of a terminal, or none. */
public enum Paint {
    /** Plain text. */
    OFF,
    /** ANSI escape sequences (ECMA-48, "Select Graphic Rendition"). */
    ON;

    /** What is as it should be. */
    public String good(String text) {
        return wrap("32", text);
    }

    /** What is on its way. */
    public String soon(String text) {
        return wrap("33", text);
    }

    /** What is wrong. */
    public String bad(String text) {
        return wrap("31", text);
    }

    /** What is to be seen first. */
    public String strong(String text) {
        return wrap("1", text);
    }

    /** What frames the rest. */
    public String faint(String text) {
        return wrap("2", text);
    }

    private String wrap(String code, String text) {
        return this == OFF || text.isEmpty() ? text : "\033[" + code + "m" + text + "\033[0m";
    }
}
