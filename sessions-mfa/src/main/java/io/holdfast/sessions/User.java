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
 * @param places from where the user has logged in, the newest last
 */
public record User(UserName name, Role role, String passwordHash, List<Factor> factors, List<String> recoveryHashes,
        long stamp, Instant createdAt, List<Place> places) {
    private static final int MOST_PLACES = 20;

    /**
     * From where a user has logged in.
     *
     * @param device the program and the address
     * @param firstAt when first
     * @param lastAt when last
     */
    public record Place(Device device, Instant firstAt, Instant lastAt) {}

    /** Takes immutable copies. */
    public User {
        places = List.copyOf(places);
        factors = List.copyOf(factors);
        recoveryHashes = List.copyOf(recoveryHashes);
    }

    /** A user who has never logged in. */
    public static User create(UserName name, Role role, String passwordHash, Instant now) {
        return new User(name, role, passwordHash, List.of(), List.of(), 1, now, List.of());
    }

    /** True once a device is confirmed. */
    public boolean isEnrolled() {
        return !factors.isEmpty();
    }

    /** True once a device was confirmed, even where it was taken away since. */
    public boolean wasEnrolled() {
        return isEnrolled() || !places.isEmpty();
    }

    /** The device of an id. */
    public Optional<Factor> factor(String id) {
        return factors.stream().filter(factor -> factor.id().equals(id)).findFirst();
    }

    /** With another password; sessions end. */
    public User withPassword(String hash) {
        return new User(name, role, hash, factors, recoveryHashes, stamp + 1, createdAt, places);
    }

    /** With the same password under other parameters; sessions go on. */
    public User withRehashed(String hash) {
        return new User(name, role, hash, factors, recoveryHashes, stamp, createdAt, places);
    }

    /** With another role; sessions end. */
    public User withRole(Role other) {
        return new User(name, other, passwordHash, factors, recoveryHashes, stamp + 1, createdAt, places);
    }

    /** With all sessions ended. */
    public User withSessionsEnded() {
        return new User(name, role, passwordHash, factors, recoveryHashes, stamp + 1, createdAt, places);
    }

    /** With one more device; sessions end. */
    public User withFactor(Factor added) {
        List<Factor> more = new ArrayList<>(factors);
        more.add(added);
        return new User(name, role, passwordHash, more, recoveryHashes, stamp + 1, createdAt, places);
    }

    /** Without a device; sessions end. */
    public User withoutFactor(String id) {
        return new User(name, role, passwordHash, factors.stream().filter(one -> !one.id().equals(id)).toList(),
                recoveryHashes, stamp + 1, createdAt, places);
    }

    /** As new: no device and no recovery code, so that the next login enrols one; sessions end. */
    public User withoutFactors() {
        return new User(name, role, passwordHash, List.of(), List.of(), stamp + 1, createdAt, places);
    }

    /** With other recovery codes; the old ones are void, sessions end. */
    public User withRecovery(List<String> hashes) {
        return new User(name, role, passwordHash, factors, hashes, stamp + 1, createdAt, places);
    }

    /** After a proof was accepted, which it cannot be again; sessions go on. Enrolment is a change, and they end. */
    public User after(Proof proof) {
        return switch (proof) {
            case Proof.Code code -> new User(name, role, passwordHash, factors.stream()
                    .map(factor -> factor.id().equals(code.factor()) && factor instanceof TotpFactor totp
                            ? totp.accepted(code.step())
                            : factor)
                    .toList(), recoveryHashes, stamp, createdAt, places);
            case Proof.Recovery recovery -> new User(name, role, passwordHash, factors,
                    recoveryHashes.stream().filter(hash -> !hash.equals(recovery.hash())).toList(), stamp, createdAt,
                    places);
            case Proof.Enrolled enrolled -> withFactor(enrolled.factor());
        };
    }

    /** True for an address from which the user has logged in before. */
    public boolean knows(String address) {
        return places.stream().anyMatch(place -> place.device().address().equals(address));
    }

    /** True for a program at an address from which the user has logged in before. */
    public boolean knows(Device device) {
        return places.stream().anyMatch(place -> place.device().isSame(device));
    }

    /** After a login from a device; sessions go on. */
    public User from(Device device, Instant now) {
        Instant first = places.stream()
                .filter(place -> place.device().isSame(device))
                .map(Place::firstAt)
                .findFirst()
                .orElse(now);
        List<Place> newest = new ArrayList<>(
                places.stream().filter(place -> !place.device().isSame(device)).toList());
        newest.add(new Place(device, first, now));
        return new User(name, role, passwordHash, factors, recoveryHashes, stamp, createdAt,
                newest.subList(Math.max(0, newest.size() - MOST_PLACES), newest.size()));
    }

    @Override
    public String toString() {
        return "User[" + name + ", " + role + ", stamp " + stamp + "]";
    }
}
