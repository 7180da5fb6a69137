package io.holdfast.sessions;

import java.time.Instant;

/** A device that proves who somebody is besides the password. A security key (WebAuthn) would be a second kind. */
public sealed interface Factor permits TotpFactor {
    /** 8 hexadecimal digits, unique to its user. */
    String id();

    /** What its owner calls it. */
    String label();

    /** When it was confirmed. */
    Instant addedAt();
}
