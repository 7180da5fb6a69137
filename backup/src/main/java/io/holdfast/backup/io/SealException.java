package io.holdfast.backup.io;

import io.holdfast.config.Problem;
import java.io.IOException;

/** What was stored cannot be opened, or is not what was stored. */
public final class SealException extends IOException {
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

    /** What is the matter. */
    public Kind kind() {
        return kind;
    }

    /** For a person. */
    public Problem problem() {
        return problem;
    }
}
