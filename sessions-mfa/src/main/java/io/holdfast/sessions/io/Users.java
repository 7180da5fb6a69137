package io.holdfast.sessions.io;

import io.holdfast.config.Problem;
import io.holdfast.sessions.PasswordRules;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.ServiceToken;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The users and the service tokens. A change is durable on a majority, and known to this agent, when a call returns. */
public final class Users {
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 5;

    private final StateStore store;
    private final Ledger ledger;
    private final PasswordHasher hasher;
    private final PasswordRules rules;
    private final Supplier<Instant> clock;

    Users(StateStore store, Ledger ledger, PasswordHasher hasher, PasswordRules rules, Supplier<Instant> clock) {
        this.store = store;
        this.ledger = ledger;
        this.hasher = hasher;
        this.rules = rules;
        this.clock = clock;
    }

    /** A user, as this agent knows it. */
    public Optional<User> find(UserName name) {
        return ledger.user(name).map(Versioned::value);
    }

    /** All users, by name. */
    public List<User> list() {
        return ledger.users().stream().map(Versioned::value).sorted(Comparator.comparing(User::name)).toList();
    }

    /**
     * True once some administrator has had a device: from then on the local socket asks for sessions too. That it was taken away
     * since opens nothing.
     */
    public boolean isGuarded() {
        return ledger.users()
                .stream()
                .map(Versioned::value)
                .anyMatch(user -> user.role() == Role.ADMIN && user.wasEnrolled());
    }

    private static boolean guards(User user) {
        return user.role() == Role.ADMIN && user.isEnrolled();
    }

    /** Makes a user; throws HF-4007 for a bad password, HF-4008 when there is such a user, HF-4013 without a majority. */
    public User add(UserName name, Role role, String password) {
        String hash = hashed(name, password);
        User user = User.create(name, role, hash, clock.get());
        String key = Keys.USERS + name;
        TxnResult result = store.commit(Txn.when().versionIs(key, 0).put(key, SessionJson.write(user)).build(), WITHIN);
        return switch (result) {
            case TxnResult.Applied applied -> {
                ledger.await(Keys.USERS, applied.revision());
                yield user;
            }
            case TxnResult.Conflict _ -> throw new Problem("HF-4008",
                    "there is a user " + name + " already" + ledger.user(name)
                            .map(one -> ", with role " + one.value().role().name().toLowerCase(Locale.ROOT)
                                    + ", made at " + one.value().createdAt())
                            .orElse(""),
                    "'holdfast user list' shows all.").toException();
            case TxnResult.Unknown unknown -> throw unconfirmed(unknown);
        };
    }

    /** Sets a user's password; the sessions end. */
    public User setPassword(UserName name, String password) {
        String hash = hashed(name, password);
        return change(name, user -> user.withPassword(hash), false);
    }

    /** Sets a user's role; the sessions end. Throws HF-4017 when no administrator would be left. */
    public User setRole(UserName name, Role role) {
        return change(name, user -> user.withRole(role), role != Role.ADMIN);
    }

    /** Takes all devices and recovery codes away, so that the next login enrols one; the sessions end. */
    public User resetFactors(UserName name) {
        return change(name, User::withoutFactors, false);
    }

    /**
     * An administrator begins anew: no device, no recovery code, and perhaps another password; the sessions end. Throws HF-4031 for
     * who is no administrator.
     *
     * @param password null: it stays
     */
    User recover(UserName name, @Nullable String password) {
        String hash = password == null ? null : hashed(name, password);
        return change(name, user -> {
            if (user.role() != Role.ADMIN) {
                throw noAdministrator(name);
            }
            User bare = user.withoutFactors();
            return hash == null ? bare : bare.withPassword(hash);
        }, false);
    }

    static RuntimeException noAdministrator(UserName name) {
        return new Problem("HF-4031", name + " is no administrator",
                "administrators take the devices of others away: 'holdfast user reset-factors'.").toException();
    }

    /**
     * Takes one device of several away; the sessions end. Whoever had none left could enrol another with the password alone.
     *
     * @throws HoldfastException HF-4034 when there is no such device, or no other
     */
    public User removeFactor(UserName name, String factor) {
        return change(name, user -> {
            boolean there = user.factors().stream().anyMatch(one -> one.id().equals(factor));
            if (!there || user.factors().size() == 1) {
                throw new Problem("HF-4034", there
                        ? "it is the only device of " + name
                        : name + " has no device '" + factor + "'",
                        there ? "'holdfast mfa enroll' adds another one first." : "'holdfast mfa list' shows them.")
                        .toException();
            }
            return user.withoutFactor(factor);
        }, false);
    }

    /** Ends all sessions of a user. */
    public User endSessions(UserName name) {
        return change(name, User::withSessionsEnded, false);
    }

    /** Removes a user; the sessions end. Throws HF-4017 when no administrator would be left. */
    public void remove(UserName name) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Versioned<User> known = known(name);
            String key = Keys.USERS + name;
            Txn.Builder txn = Txn.when().versionIs(key, known.version()).delete(key);
            keepAnAdministrator(known, txn);
            if (settle(store.commit(txn.build(), WITHIN))) {
                return;
            }
        }
        throw busy();
    }

    /** Makes a service token; its text is in the answer, and nowhere else. */
    public String addToken(UserName name, Set<Permission> permissions, UserName by, Duration lifetime) {
        String text = Tokens.create("hft_");
        Instant now = clock.get();
        ServiceToken token = new ServiceToken(name, ServiceToken.hashOf(text), permissions, by, now,
                now.plus(lifetime));
        String key = Keys.SERVICE_TOKENS + name;
        TxnResult result = store.commit(Txn.when().versionIs(key, 0).put(key, SessionJson.write(token)).build(),
                WITHIN);
        return switch (result) {
            case TxnResult.Applied applied -> {
                ledger.await(Keys.SERVICE_TOKENS, applied.revision());
                yield text;
            }
            case TxnResult.Conflict _ -> throw new Problem("HF-4008",
                    "there is a service token " + name + " already" + tokens().stream()
                            .filter(one -> one.name().equals(name))
                            .findFirst()
                            .map(one -> ", made by " + one.createdBy() + " at " + one.createdAt())
                            .orElse(""),
                    "remove it first, or take another name.").toException();
            case TxnResult.Unknown unknown -> throw unconfirmed(unknown);
        };
    }

    /** Removes a service token; nothing happens when there is none. */
    public void removeToken(UserName name) {
        TxnResult result = store.commit(Txn.when().delete(Keys.SERVICE_TOKENS + name).build(), WITHIN);
        switch (result) {
            case TxnResult.Applied applied -> ledger.await(Keys.SERVICE_TOKENS, applied.revision());
            case TxnResult.Conflict _ -> throw busy();
            case TxnResult.Unknown unknown -> throw unconfirmed(unknown);
        }
    }

    /** All service tokens, by name. */
    public List<ServiceToken> tokens() {
        return ledger.tokens().stream().sorted(Comparator.comparing(ServiceToken::name)).toList();
    }

    private String hashed(UserName name, String password) {
        rules.refuse(password, name).ifPresent(why -> {
            throw new Problem("HF-4007", why,
                    "12 characters and more, none that others would try first; a sentence is good.").toException();
        });
        return hasher.hash(password);
    }

    private User change(UserName name, UnaryOperator<User> change, boolean lessPower) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Versioned<User> known = known(name);
            User changed = change.apply(known.value());
            String key = Keys.USERS + name;
            Txn.Builder txn = Txn.when().versionIs(key, known.version()).put(key, SessionJson.write(changed));
            if (lessPower) {
                keepAnAdministrator(known, txn);
            }
            if (settle(store.commit(txn.build(), WITHIN))) {
                return changed;
            }
        }
        throw busy();
    }

    /** One who could still let others in must be left, and must still be that when this is done. */
    private void keepAnAdministrator(Versioned<User> leaving, Txn.Builder txn) {
        if (!guards(leaving.value())) {
            return;
        }
        Versioned<User> left = ledger.users()
                .stream()
                .filter(one -> guards(one.value()) && !one.value().name().equals(leaving.value().name()))
                .findFirst()
                .orElseThrow(() -> new Problem("HF-4017",
                        leaving.value().name() + " is the only administrator with a device",
                        "let another administrator enrol one first.").toException());
        txn.versionIs(Keys.USERS + left.value().name(), left.version());
    }

    private Versioned<User> known(UserName name) {
        return ledger.user(name)
                .orElseThrow(() -> new Problem("HF-4009", "there is no user " + name,
                        "'holdfast user list' shows all.").toException());
    }

    /** True when it was applied; false when it is to be tried again on what is there now. */
    private boolean settle(TxnResult result) {
        return switch (result) {
            case TxnResult.Applied applied -> {
                ledger.await(Keys.USERS, applied.revision());
                yield true;
            }
            case TxnResult.Conflict _ -> {
                ledger.await(Keys.USERS, store.range(Keys.USERS, WITHIN)
                        .entries()
                        .values()
                        .stream()
                        .mapToLong(entry -> entry.version())
                        .max()
                        .orElse(0));
                yield false;
            }
            case TxnResult.Unknown unknown -> throw unconfirmed(unknown);
        };
    }

    private static RuntimeException busy() {
        return new Problem("HF-4013", "others changed the same again and again", "try again.").toException();
    }

    static RuntimeException unconfirmed(TxnResult.Unknown unknown) {
        return new Problem("HF-4013", "the shared state did not confirm it (" + unknown.why() + ")",
                "it needs a majority of agents, which 'holdfast status' shows; it may have been done.").toException();
    }
}
