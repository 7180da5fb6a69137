package io.holdfast.config;

/**
 * Something wrong in a configuration.
 *
 * @param code {@code HF-00nn}
 * @param path the place, as {@code cluster.settings.lease} or {@code postgresql.hba[0]}; empty for the file as a whole
 * @param line the line in the file, from 1; 0 when there is none
 * @param fact what is, lower case at the beginning, no full stop at the end
 * @param hint what to do, a sentence
 */
public record ConfigProblem(String code, String path, int line, String fact, String hint) {

    /** The problem with its place in the fact. */
    public Problem problem() {
        String at = line > 0 ? " (line " + line + ")" : "";
        return new Problem(code, path.isEmpty() ? fact + at : path + at + ": " + fact, hint);
    }

    /** The whole message on one line: {@code HF-00nn path (line n): fact. Hint: …}. */
    public String message() {
        return problem().message();
    }
}
