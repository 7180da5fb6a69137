package io.holdfast.sessions;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Somebody who may log in.
 *
 * @param name the name
 * @param role what the user may do
 * @param passwordHash the password's hash with its parameters, in the PHC string format
 * @param factors the devices; empty until the first login, which enrols one
 * @param recoveryHashes of the recovery codes that are left
 * @param stamp 1 and up; grows with each change of password, factor or role, and sessions of an older one have ended
 * @param createdAt when the user was made
 */
public record User(UserName name, Role role, String passwordHash, List<Factor> factors, List<String> recoveryHashes,
        long stamp, Instant createdAt) {
    /** Takes immutable copies. */
    public User {
        factors = List.copyOf(factors);
        recoveryHashes = List.copyOf(recoveryHashes);
    }

    /** A user who has never logged in. */
    public static User create(UserName name, Role role, String passwordHash, Instant now) {
        return new User(name, role, passwordHash, List.of(), List.of(), 1, now);
    }

    /** True once a device is confirmed. */
    public boolean isEnrolled() {
        return !factors.isEmpty();
    }

    /** The device of an id. */
    public Optional<Factor> factor(String id) {
        return factors.stream().filter(factor -> factor.id().equals(id)).findFirst();
    }

    /** With another password; sessions end. */
    public User withPassword(String hash) {
        return new User(name, role, hash, factors, recoveryHashes, stamp + 1, createdAt);
    }

    /** With the same password under other parameters; sessions go on. */
    public User withRehashed(String hash) {
        return new User(name, role, hash, factors, recoveryHashes, stamp, createdAt);
    }

    /** With another role; sessions end. */
    public User withRole(Role other) {
        return new User(name, other, passwordHash, factors, recoveryHashes, stamp + 1, createdAt);
    }

    /** With all sessions ended. */
    public User withSessionsEnded() {
        return new User(name, role, passwordHash, factors, recoveryHashes, stamp + 1, createdAt);
    }

    /** With one more device; sessions end. */
    public User withFactor(Factor added) {
        List<Factor> more = new ArrayList<>(factors);
        more.add(added);
        return new User(name, role, passwordHash, more, recoveryHashes, stamp + 1, createdAt);
    }

    /** Without a device; sessions end. */
    public User withoutFactor(String id) {
        return new User(name, role, passwordHash, factors.stream().filter(one -> !one.id().equals(id)).toList(),
                recoveryHashes, stamp + 1, createdAt);
    }

    /** As new: no device and no recovery code, so that the next login enrols one; sessions end. */
    public User withoutFactors() {
        return new User(name, role, passwordHash, List.of(), List.of(), stamp + 1, createdAt);
    }

    /** With other recovery codes; the old ones are void, sessions end. */
    public User withRecovery(List<String> hashes) {
        return new User(name, role, passwordHash, factors, hashes, stamp + 1, createdAt);
    }

    /** After a proof was accepted, which it cannot be again; sessions go on. Enrolment is a change, and they end. */
    public User after(Proof proof) {
        return switch (proof) {
            case Proof.Code code -> new User(name, role, passwordHash, factors.stream()
                    .map(factor -> factor.id().equals(code.factor()) && factor instanceof TotpFactor totp
                            ? totp.accepted(code.step())
                            : factor)
                    .toList(), recoveryHashes, stamp, createdAt);
            case Proof.Recovery recovery -> new User(name, role, passwordHash, factors,
                    recoveryHashes.stream().filter(hash -> !hash.equals(recovery.hash())).toList(), stamp, createdAt);
            case Proof.Enrolled enrolled -> withFactor(enrolled.factor());
        };
    }

    @Override
    public String toString() {
        return "User[" + name + ", " + role + ", stamp " + stamp + "]";
    }
}
