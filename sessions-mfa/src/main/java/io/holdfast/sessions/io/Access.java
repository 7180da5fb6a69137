package io.holdfast.sessions.io;

import io.holdfast.config.Secret;
import io.holdfast.config.SessionsConfig;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Gate;
import io.holdfast.sessions.PasswordRules;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.SessionLimits;
import io.holdfast.sessions.StepUp;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Versioned;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** All that an agent needs to let people and machines in, on its shared state. */
public final class Access implements AutoCloseable {
    private final Ledger ledger;
    private final Batches batches;
    private final Users users;
    private final Sessions sessions;
    private final Logins logins;
    private final BreakGlass breakGlass;
    private final Supplier<Instant> clock;

    /**
     * On a store; asks nobody.
     *
     * @param majority whether this agent hears a majority of agents
     * @param cluster the cluster's name
     * @param clock the wall clock
     * @throws io.holdfast.config.HoldfastException HF-4011 when the seal key is none
     */
    public Access(StateStore store, BooleanSupplier majority, SessionsConfig config, String cluster,
            Supplier<Instant> clock) {
        this(store, majority, config, cluster, clock, new PasswordHasher());
    }

    /** As above, with a hasher of another cost. */
    Access(StateStore store, BooleanSupplier majority, SessionsConfig config, String cluster, Supplier<Instant> clock,
            PasswordHasher hasher) {
        SessionLimits limits = new SessionLimits(config.idle(), config.absolute(), config.stepUp());
        Secret key = config.sealKey();
        this.clock = clock;
        this.ledger = new Ledger(store);
        this.batches = new Batches(store);
        this.users = new Users(store, ledger, hasher,
                new PasswordRules(RefusedPasswords.words(), cluster, new LikelyGuesses()),
                clock);
        this.sessions = new Sessions(store, ledger, batches, majority, limits, clock);
        this.logins = new Logins(store, ledger, users, sessions, hasher, key == null ? null : Sealer.of(key), limits,
                cluster,
                clock);
        this.breakGlass = new BreakGlass(users, clock);
    }

    /** Users and service tokens. */
    public Users users() {
        return users;
    }

    /** Sessions. */
    public Sessions sessions() {
        return sessions;
    }

    /** Logging in. */
    public Logins logins() {
        return logins;
    }

    /** The way back in for administrators whose devices are all lost. */
    public BreakGlass breakGlass() {
        return breakGlass;
    }

    /**
     * Decides whether a caller may do something, and uses the grant up by which it may: what was allowed once is allowed once.
     *
     * @param details all that the action depends on, by name
     */
    public Gate.Verdict decide(Caller caller, Permission permission, Map<String, String> details) {
        String digest = StepUp.digest(permission, details);
        Gate.Verdict verdict = Gate.decide(caller, permission, digest, clock.get());
        if (verdict instanceof Gate.Verdict.AllowedBy by && caller instanceof Caller.Person person
                && !sessions.use(person.session(), by.grant())) {
            return Gate.noCode(permission);
        }
        return verdict;
    }

    /** A user's record with its version. */
    Optional<Versioned<User>> user(UserName name) {
        return ledger.user(name);
    }

    @Override
    public void close() {
        batches.close();
        ledger.close();
    }
}
