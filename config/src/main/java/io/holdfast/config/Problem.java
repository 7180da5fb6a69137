package io.holdfast.config;

/**
 * Something that a person must know: the fact and what to do.
 *
 * @param code {@code HF-nnnn}, stable for ever. HF-0: configuration and command line; HF-1: the shared state; HF-2: backup;
 *     HF-3: PostgreSQL and replication; HF-4: sessions; HF-5: agent and API; HF-6: Redis; HF-7: metrics
 * @param fact what is, lower case at the beginning, no full stop at the end
 * @param hint what to do, a sentence
 */
public record Problem(String code, String fact, String hint) {
    /** The whole message on one line. */
    public String message() {
        return code + " " + fact + ". Hint: " + hint;
    }

    /** As an exception. */
    public HoldfastException toException() {
        return new HoldfastException(this);
    }
}
