package io.holdfast.backup;

/** What the signature of a manifest says. */
public sealed interface SignatureVerdict {
    /**
     * Signed by somebody who is trusted, and unchanged since.
     *
     * @param signer who
     */
    record Trusted(SignerKey signer) implements SignatureVerdict {}

    /**
     * Unchanged since it was signed, but by somebody whom nobody here knows: it may have been exchanged as a whole.
     *
     * @param signer who says to have signed it
     */
    record Stranger(SignerKey signer) implements SignatureVerdict {}

    /** The signature is not that of these bytes: one of the two was changed. */
    record Wrong() implements SignatureVerdict {}
}
