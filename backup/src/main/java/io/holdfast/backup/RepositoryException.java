package io.holdfast.backup;

import java.io.IOException;

/** A repository failed while an object was read or written. */
public final class RepositoryException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient RepositoryFailure failure;

    /** With what caused it. */
    public RepositoryException(RepositoryFailure failure, Throwable cause) {
        super(failure.problem().message(), cause);
        this.failure = failure;
    }

    /** Why. */
    public RepositoryFailure failure() {
        return failure;
    }
}
