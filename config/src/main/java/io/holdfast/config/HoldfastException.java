package io.holdfast.config;

/** An error that a person must know of; its message is {@code HF-nnnn fact. Hint: …}. */
public final class HoldfastException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    /** For a problem. */
    public HoldfastException(Problem problem) {
        super(problem.message());
        this.problem = problem;
    }

    /** For a problem that another error caused. */
    public HoldfastException(Problem problem, Throwable cause) {
        super(problem.message(), cause);
        this.problem = problem;
    }

    /** What a person must know. */
    public Problem problem() {
        return problem;
    }
}
