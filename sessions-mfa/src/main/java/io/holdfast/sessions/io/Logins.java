package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Factor;
import io.holdfast.sessions.LoginFlow;
import io.holdfast.sessions.LoginFlow.Event;
import io.holdfast.sessions.LoginFlow.State;
import io.holdfast.sessions.Proof;
import io.holdfast.sessions.RecoveryCodes;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.SessionLimits;
import io.holdfast.sessions.Throttle;
import io.holdfast.sessions.Throttle.Attempt;
import io.holdfast.sessions.Throttle.Verdict;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.TotpFactor;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Logging in, step by step. Between two steps a ticket stands for what is known; it counts at the agent that gave it, and once.
 * Who does not get in is told nothing about which part was wrong.
 */
public final class Logins {
    private static final Duration WITHIN = Duration.ofSeconds(5);
    private static final int ATTEMPTS = 3;
    private static final int MOST_TALLIES = 10_000;

    private final StateStore store;
    private final Ledger ledger;
    private final Users users;
    private final Sessions sessions;
    private final PasswordHasher hasher;
    private final @Nullable Sealer sealer;
    private final Totp.Codes codes;
    private final SessionLimits limits;
    private final String issuer;
    private final Supplier<Instant> clock;
    private final Throttle throttle = new Throttle(MOST_TALLIES);
    private final LongAdder passed = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final Tickets tickets = new Tickets();

    /** What a step is answered with. */
    public sealed interface Answer {
        /**
         * Go on with a code of a device or a recovery code.
         *
         * @param ticket to be shown at the next step
         */
        record WantsCode(String ticket) implements Answer {}

        /**
         * There is no device yet: ask for one to be offered.
         *
         * @param ticket to be shown at the next step
         */
        record WantsDevice(String ticket) implements Answer {}

        /**
         * A device is offered, or half confirmed: go on with a code of it.
         *
         * @param ticket to be shown at the next step
         * @param uri what the device reads; null once it has been shown
         * @param half true when the next code after the last one is wanted
         */
        record WantsConfirmation(String ticket, @Nullable String uri, boolean half) implements Answer {
            @Override
            public String toString() {
                return "WantsConfirmation[***]";
            }
        }

        /**
         * Logged in.
         *
         * @param begun the session, and its token
         * @param recoveryCodes those that were made in this login, to be shown once; empty in most
         */
        record In(Sessions.Begun begun, List<String> recoveryCodes) implements Answer {
            @Override
            public String toString() {
                return "In[" + begun + "]";
            }
        }

        /**
         * Not.
         *
         * @param problem why, as far as it is told
         * @param ticket to try again with; null: from the beginning
         */
        record No(Problem problem, @Nullable String ticket) implements Answer {}
    }

    Logins(StateStore store, Ledger ledger, Users users, Sessions sessions, PasswordHasher hasher,
            @Nullable Sealer sealer,
            SessionLimits limits, String cluster, Supplier<Instant> clock) {
        this.store = store;
        this.ledger = ledger;
        this.users = users;
        this.sessions = sessions;
        this.hasher = hasher;
        this.sealer = sealer;
        this.codes = new OtpCodes();
        this.limits = limits;
        this.issuer = "Holdfast " + cluster;
        this.clock = clock;
    }

    /** The first step. Costs one evaluation of the hash whether there is such a user or not. */
    public Answer password(String typedName, String password, Device device) {
        Optional<UserName> name = UserName.read(typedName);
        Optional<User> user = name.flatMap(ledger::user).map(Versioned::value);
        Attempt attempt = attempt(name.map(UserName::value).orElse("-"), user, device);
        return switch (throttle.begin(attempt, clock.get())) {
            case Verdict.Wait wait -> new Answer.No(tooEarly(wait), null);
            case Verdict.Go go -> password(go, user, password, device);
        };
    }

    private Answer password(Verdict.Go go, Optional<User> user, String password, Device device) {
        boolean right;
        try {
            right = isRight(password, user);
        } catch (HoldfastException e) {
            throttle.passed(go);
            return new Answer.No(e.problem(), null);
        }
        State first = new State.Password();
        State next = LoginFlow.next(first, new Event.PasswordTried(user.orElse(null), right), clock.get());
        if (!(next instanceof State.Refused)) {
            throttle.passed(go);
            user.ifPresent(known -> rehash(known, password));
        }
        return answer(next, new Tickets.Pending(first, device, go.attempt()), null);
    }

    private boolean isRight(String password, Optional<User> user) {
        if (user.isEmpty()) {
            hasher.pretend(password);
            return false;
        }
        return hasher.isRight(password, user.get().passwordHash());
    }

    /** Of no consequence when it fails: it is done at the next login. */
    private void rehash(User user, String password) {
        Optional<Versioned<User>> known = ledger.user(user.name());
        if (!hasher.isOutdated(user.passwordHash()) || known.isEmpty()
                || !known.get().value().passwordHash().equals(user.passwordHash())) {
            return;
        }
        String key = Keys.USERS + user.name();
        User stronger = known.get().value().withRehashed(hasher.hash(password));
        if (store.commit(Txn.when()
                .versionIs(key, known.get().version())
                .put(key, SessionJson.write(stronger))
                .build(), WITHIN) instanceof TxnResult.Applied applied) {
            ledger.await(Keys.USERS, applied.revision());
        }
    }

    /** The second step: a code of any of the devices, or a recovery code. */
    public Answer code(String ticket, String typed) {
        return step(ticket, State.SecondFactor.class, (pending, known) -> {
            Optional<Proof> proof = proof(known.value(), typed);
            State next = LoginFlow.next(pending.state(), new Event.CodeTried(known.value(), proof), clock.get());
            return finish(pending, next, known, typed);
        });
    }

    /** A first login: offers a device, whose secret only the answer has in the clear. */
    public Answer offer(String ticket, String label, Totp totp) {
        return step(ticket, State.Enrolment.class, (pending, known) -> {
            byte[] secret = Tokens.bytes(totp.algorithm().secretBytes());
            String id = Tokens.id();
            UserName user = known.value().name();
            TotpFactor device = new TotpFactor(id, Device.printable(label), clock.get(), totp,
                    sealer().seal(secret, user, id), -1);
            State next = LoginFlow.next(pending.state(), new Event.DeviceOffered(known.value(), device), clock.get());
            return answer(next, pending, totp.uri(issuer, user.value(), secret));
        });
    }

    /** A code of the device that was offered; two successive ones confirm it. */
    public Answer confirm(String ticket, String typed) {
        return step(ticket, State.Confirmation.class, (pending, known) -> {
            State.Confirmation state = (State.Confirmation) pending.state();
            TotpFactor device = state.device();
            byte[] secret = sealer().open(device.sealed(), known.value().name(), device.id());
            OptionalLong step = device.totp()
                    .accepted(codes, secret, typed, clock.get(), state.first().orElse(-1));
            State next = LoginFlow.next(state, new Event.ConfirmationTried(known.value(), step), clock.get());
            return finish(pending, next, known, typed);
        });
    }

    /** Somebody who is logged in, and whose action was allowed, begins to enrol one more device. */
    public Answer another(Caller.Person person) {
        State state = new State.Enrolment(person.user().name(), person.user().stamp(),
                clock.get().plus(LoginFlow.PATIENCE));
        Device device = person.session().device();
        return answer(state, new Tickets.Pending(new State.Password(), device,
                new Attempt(person.name(), device.address(), true)), null);
    }

    /**
     * Somebody who is logged in takes another password, and is logged out everywhere.
     *
     * @throws HoldfastException HF-4005 when the present one is wrong, HF-4006 when it is too early for another attempt, HF-4007
     *     when the new one cannot be used
     */
    public void changePassword(Caller.Person person, String present, String next) {
        User user = person.user();
        switch (throttle.begin(attempt(person.name(), Optional.of(user), person.session().device()), clock.get())) {
            case Verdict.Wait wait -> throw tooEarly(wait).toException();
            case Verdict.Go go -> {
                if (!hasher.isRight(present, user.passwordHash())) {
                    throw wrong().toException();
                }
                throttle.passed(go);
                users.setPassword(user.name(), next);
            }
        }
    }

    /**
     * A code for exactly one action of somebody who is logged in.
     *
     * @param digest of the action
     * @return the session with the grant; empty when the code was wrong or cannot be accepted any more
     * @throws HoldfastException HF-4006 when it is too early for another attempt
     */
    public Optional<Session> stepUp(Caller.Person person, String typed, String digest) {
        Attempt attempt = attempt(person.name(), Optional.of(person.user()), person.session().device());
        return switch (throttle.begin(attempt, clock.get())) {
            case Verdict.Wait wait -> throw tooEarly(wait).toException();
            case Verdict.Go go -> {
                Optional<Session> granted = stepUp(go, person, typed, digest);
                (granted.isPresent() ? passed : refused).increment();
                yield granted;
            }
        };
    }

    /** How often a second factor was shown to this agent for one action, and was right. */
    public long stepUpsPassed() {
        return passed.sum();
    }

    /** How often it was wrong. */
    public long stepUpsRefused() {
        return refused.sum();
    }

    private Optional<Session> stepUp(Verdict.Go go, Caller.Person person, String typed, String digest) {
        Session.Grant grant = new Session.Grant(digest, clock.get().plus(limits.stepUp()));
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<Versioned<User>> known = i == 0 ? ledger.user(person.user().name()) : fresh(person.user().name());
            Optional<Proof> proof = known.flatMap(user -> proof(user.value(), typed));
            if (known.isEmpty() || proof.isEmpty() || known.get().value().stamp() != person.session().stamp()) {
                return Optional.empty();
            }
            Optional<Session> granted = sessions.grant(known.get(), proof.get(), person.session(), grant);
            if (granted.isPresent()) {
                throttle.passed(go);
                return granted;
            }
        }
        return Optional.empty();
    }

    /** All devices are looked at, and the recovery codes, whichever it is. */
    private Optional<Proof> proof(User user, String typed) {
        Optional<Proof> found = RecoveryCodes.accepted(user, typed);
        for (Factor factor : user.factors()) {
            switch (factor) {
                case TotpFactor device -> {
                    byte[] secret = sealer().open(device.sealed(), user.name(), device.id());
                    OptionalLong step = device.totp().accepted(codes, secret, typed, clock.get(), device.lastStep());
                    if (step.isPresent()) {
                        found = Optional.of(new Proof.Code(device.id(), step.getAsLong()));
                    }
                }
            }
        }
        return found;
    }

    private Sealer sealer() {
        if (sealer == null) {
            throw new Problem("HF-4011", "there is no sessions.seal-key, without which there are no second factors",
                    "make one with 'openssl rand -base64 32', the same on all members.").toException();
        }
        return sealer;
    }

    private interface Step {
        Answer take(Tickets.Pending pending, Versioned<User> known);
    }

    private Answer step(String ticket, Class<? extends State> expected, Step step) {
        Tickets.Pending pending = tickets.take(ticket, clock.get()).orElse(null);
        if (pending == null || !expected.isInstance(pending.state())) {
            return new Answer.No(over(), null);
        }
        Optional<UserName> name = Tickets.user(pending.state());
        Optional<Versioned<User>> known = name.flatMap(ledger::user);
        if (known.isEmpty()) {
            return new Answer.No(over(), null);
        }
        return switch (throttle.begin(pending.attempt(), clock.get())) {
            case Verdict.Wait wait -> new Answer.No(tooEarly(wait), tickets.put(pending));
            case Verdict.Go go -> {
                Answer answer = step.take(pending, known.get());
                if (!(answer instanceof Answer.No)) {
                    throttle.passed(go);
                }
                yield answer;
            }
        };
    }

    /** Begins the session when all was right. When the user's record has changed meanwhile, the proof is looked at again. */
    private Answer finish(Tickets.Pending pending, State next, Versioned<User> known, String typed) {
        if (!(next instanceof State.Passed passed)) {
            return answer(next, pending, null);
        }
        Versioned<User> user = known;
        Proof proof = passed.proof();
        for (int i = 0; i < ATTEMPTS; i++) {
            User after = user.value().after(proof);
            List<String> written = List.of();
            if (proof instanceof Proof.Enrolled && after.recoveryHashes().isEmpty()) {
                written = RecoveryCodes.of(Tokens.bytes(RecoveryCodes.COUNT * RecoveryCodes.BYTES));
                after = after.withRecovery(
                        written.stream().map(code -> RecoveryCodes.hash(passed.user(), code).orElseThrow()).toList());
            }
            Optional<Sessions.Begun> begun = sessions.begin(user, after, proof, pending.device());
            if (begun.isPresent()) {
                throttle.loggedIn(pending.attempt());
                return new Answer.In(begun.get(), written);
            }
            Optional<Versioned<User>> now = fresh(passed.user());
            Optional<Proof> again = proof instanceof Proof.Enrolled
                    ? Optional.of(proof)
                    : now.flatMap(one -> proof(one.value(), typed));
            if (now.isEmpty() || again.isEmpty() || now.get().value().stamp() != passed.stamp()) {
                break;
            }
            user = now.get();
            proof = again.get();
        }
        return new Answer.No(wrong(), null);
    }

    private Optional<Versioned<User>> fresh(UserName name) {
        String key = Keys.USERS + name;
        return store.range(key, WITHIN).get(key).map(entry -> SessionJson.read(entry, User.class));
    }

    /** What follows from a state; {@code before} is how far it was. */
    private Answer answer(State state, Tickets.Pending before, @Nullable String uri) {
        Tickets.Pending now = before.at(state);
        return switch (state) {
            case State.SecondFactor _,State.Confirmation _ when now.failures() > before.failures() ->
                new Answer.No(wrong(), tickets.put(now));
            case State.SecondFactor _ -> new Answer.WantsCode(tickets.put(now));
            case State.Enrolment _ -> new Answer.WantsDevice(tickets.put(now));
            case State.Confirmation waits ->
                new Answer.WantsConfirmation(tickets.put(now), uri, waits.first().isPresent());
            case State.Refused refused ->
                new Answer.No(refused.why() == LoginFlow.Reason.WRONG ? wrong() : over(), null);
            case State.Password _,State.Passed _ ->
                throw new IllegalStateException("a login does not wait at " + state.getClass().getSimpleName());
        };
    }

    private static Attempt attempt(String name, Optional<User> user, Device device) {
        boolean trusted = device.address().equals(Device.SOCKET)
                || user.map(known -> known.knows(device.address())).orElse(false);
        return new Attempt(name, device.address(), trusted);
    }

    static Problem tooEarly(Verdict.Wait wait) {
        return new Problem("HF-4006", "there were too many failed attempts",
                "try again in " + (wait.remaining().toSeconds() + 1) + " s.");
    }

    private static Problem wrong() {
        return new Problem("HF-4005", "user, password or code is wrong",
                "a code counts once; with the next one it may work. A clock that is off by a minute makes all codes wrong.");
    }

    private static Problem over() {
        return new Problem("HF-4010", "this login is over", "begin it again.");
    }
}
