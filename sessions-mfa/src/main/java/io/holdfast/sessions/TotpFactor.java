package io.holdfast.sessions;

import java.time.Instant;

/**
 * An app that shows a code for each half minute.
 *
 * @param id 8 hexadecimal digits, unique to its user
 * @param label what its owner calls it
 * @param addedAt when it was confirmed
 * @param totp how its codes are made
 * @param sealed its secret, sealed for this user and id
 * @param lastStep the newest step whose code was accepted: it and all before it are refused; -1 before the first
 */
public record TotpFactor(String id, String label, Instant addedAt, Totp totp, String sealed, long lastStep)
        implements
            Factor {

    /** After a code was accepted. */
    public TotpFactor accepted(long step) {
        if (step <= lastStep) {
            throw new IllegalArgumentException("step " + step + " is not after " + lastStep);
        }
        return new TotpFactor(id, label, addedAt, totp, sealed, step);
    }

    @Override
    public String toString() {
        return "TotpFactor[" + id + ", " + label + "]";
    }
}
