package io.holdfast.backup;

import io.holdfast.config.Problem;

/**
 * Why a repository did not do what it was asked.
 *
 * @param kind what to expect of another try
 * @param problem for a person
 */
public record RepositoryFailure(Kind kind, Problem problem) {

    /** What to expect of another try. */
    public enum Kind {
        /** There is no room: somebody must make some. */
        FULL,
        /** It can be read and not written. */
        READ_ONLY,
        /** It refuses this user or these credentials. */
        DENIED,
        /** It does not answer, or answers with errors: it may be back at any time. */
        UNREACHABLE
    }
}
