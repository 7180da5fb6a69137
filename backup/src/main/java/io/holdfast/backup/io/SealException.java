package io.holdfast.backup.io;

import io.holdfast.config.Problem;
import java.io.IOException;

/** What was stored cannot be opened, or is not what was stored. */
public final class SealException extends IOException {
    static final String WRONG_IDENTITY = "HF-2010";
    private static final long serialVersionUID = 1L;

    /** What is the matter. */
    public enum Kind {
        /** It is sealed, and none of the identities opens it. */
        WRONG_IDENTITY,
        /** Its bytes are not those that were written, or not all of them. */
        DAMAGED,
        /** It never was of this form. */
        OTHER_FORM
    }

    private final Kind kind;
    private final transient Problem problem;

    SealException(Kind kind, Problem problem) {
        super(problem.message());
        this.kind = kind;
        this.problem = problem;
    }

    SealException causedBy(Throwable cause) {
        initCause(cause);
        return this;
    }

    /** Whether a problem is that none of the identities opens an object: it says nothing of the object. */
    public static boolean isWrongIdentity(Problem problem) {
        return problem.code().equals(WRONG_IDENTITY);
    }

    /** What is the matter. */
    public Kind kind() {
        return kind;
    }

    /** For a person. */
    public Problem problem() {
        return problem;
    }
}
