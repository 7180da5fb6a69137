package io.holdfast.config;

import java.util.List;

/** Whether what goes to the repository is sealed. It is never left to a default: one of the two is written out. */
public sealed interface Encryption {

    /**
     * Sealed: only who has the private key of one of the recipients can read it.
     *
     * @param recipients public keys, at least one
     */
    record To(List<Recipient> recipients) implements Encryption {
        /** Takes an immutable copy; throws IllegalArgumentException when there is none. */
        public To {
            recipients = List.copyOf(recipients);
            if (recipients.isEmpty()) {
                throw new IllegalArgumentException("nobody could ever open it: there is no recipient");
            }
        }
    }

    /** Readable by everybody who reaches the repository: {@code encryption: none} stands in the configuration. */
    record None() implements Encryption {}
}
