package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryFailure.Kind;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;

/** What an error of an object store means for a repository. */
final class S3Trouble {
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;
    static final int PRECONDITION_FAILED = 412;
    static final int RANGE_NOT_SATISFIABLE = 416;
    static final int NOT_IMPLEMENTED = 501;
    private static final Set<Integer> REFUSED = Set.of(401, 403, 405);
    private static final int INSUFFICIENT_STORAGE = 507;

    private S3Trouble() {}

    /** The status that a server answered with; 0 when it did not. */
    static int status(SdkException error) {
        return error instanceof AwsServiceException answered ? answered.statusCode() : 0;
    }

    /** Why something could not be done in a bucket: of an SDK's error, or of one that has it as its cause. */
    static RepositoryFailure of(String where, Exception error) {
        if (error instanceof AwsServiceException answered) {
            return answered(where, answered);
        }
        if (error.getCause() instanceof SdkException cause && !(error instanceof SdkException)) {
            return of(where, cause);
        }
        if (error instanceof SdkClientException && said(error).contains("credentials")) {
            return denied(where, said(error));
        }
        return unreachable(where, said(error));
    }

    private static RepositoryFailure answered(String where, AwsServiceException error) {
        String code = error.awsErrorDetails() == null || error.awsErrorDetails().errorCode() == null
                ? "status " + error.statusCode()
                : error.awsErrorDetails().errorCode();
        if (error.statusCode() == INSUFFICIENT_STORAGE || code.contains("StorageFull") || code.contains("Quota")) {
            return new RepositoryFailure(Kind.FULL,
                    new Problem("HF-2001", "the repository " + where + " is full (" + code
                            + ")",
                            "make room there or raise its quota, or let backups go with 'holdfast backup expire'."));
        }
        if (REFUSED.contains(error.statusCode())) {
            return denied(where, code);
        }
        if (error.statusCode() == NOT_FOUND) {
            return new RepositoryFailure(Kind.UNREACHABLE, new Problem("HF-2004",
                    "the bucket of the repository " + where + " is not there (" + code + ")",
                    "correct the name of the bucket, its region or its endpoint, or make the bucket."));
        }
        return unreachable(where, code);
    }

    private static RepositoryFailure denied(String where, String reason) {
        return new RepositoryFailure(Kind.DENIED,
                new Problem("HF-2003", "the repository " + where + " refuses these credentials (" + reason + ")",
                        "they must be allowed to list the bucket, and to get, put and delete objects in it."));
    }

    private static RepositoryFailure unreachable(String where, String reason) {
        return new RepositoryFailure(Kind.UNREACHABLE,
                new Problem("HF-2004", "the repository " + where + " does not answer as it should (" + reason + ")",
                        "look at the network, the endpoint and the store; it is tried again."));
    }

    /** The innermost reason, which is what a person can act upon. */
    private static String said(Throwable error) {
        Throwable innermost = error;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        String message = innermost.getMessage();
        return message == null || innermost instanceof IOException && message.length() < 4
                ? innermost.getClass().getSimpleName()
                : message;
    }
}
