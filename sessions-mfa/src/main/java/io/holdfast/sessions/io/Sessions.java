package io.holdfast.sessions.io;

import io.holdfast.sessions.Caller;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Proof;
import io.holdfast.sessions.ServiceToken;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.SessionLimits;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions. Looking whether one is valid is a look into memory. One that was ended is so on every agent as soon as its watch
 * has heard of it, and one begins only in the transaction that accepts its proof.
 */
public final class Sessions {
    private static final int MOST_AT_ONCE = 50;
    private static final int ATTEMPTS = 5;
    private static final Duration WITHIN = Duration.ofSeconds(5);

    private final StateStore store;
    private final Ledger ledger;
    private final Batches batches;
    private final BooleanSupplier majority;
    private final SessionLimits limits;
    private final Supplier<Instant> clock;
    /** When sessions were used here, as far as that is newer than what the shared state has. */
    private final Map<String, Instant> used = new ConcurrentHashMap<>();

    /**
     * A session that has begun.
     *
     * @param token what proves it: it is nowhere else
     * @param session the session
     * @param user the user as of then
     * @param newDevice true when this user had not logged in from there before
     */
    public record Begun(String token, Session session, User user, boolean newDevice) {
        @Override
        public String toString() {
            return "Begun[" + session.id() + "]";
        }
    }

    Sessions(StateStore store, Ledger ledger, Batches batches, BooleanSupplier majority, SessionLimits limits,
            Supplier<Instant> clock) {
        this.store = store;
        this.ledger = ledger;
        this.batches = batches;
        this.majority = majority;
        this.limits = limits;
        this.clock = clock;
    }

    /** Who it is that has a token: a session's or a service's. Costs about a microsecond; asks nobody. */
    public Caller caller(String token, String address) {
        if (token.startsWith("hft_")) {
            return service(ServiceToken.hashOf(token), address);
        }
        Caller caller = person(Session.hashOf(token), address);
        if (caller instanceof Caller.Person person) {
            touch(person.session(), clock.get());
        }
        return caller;
    }

    /** Who a caller is by now, nobody when the session or the token has ended; this is no use of either. */
    public Caller now(Caller caller) {
        return switch (caller) {
            case Caller.Person person -> person(person.session().hash(), person.address());
            case Caller.Service service -> service(service.token().hash(), service.address());
            case Caller.Local _,Caller.Nobody _ -> caller;
        };
    }

    private Caller service(String hash, String address) {
        Instant now = clock.get();
        Optional<ServiceToken> service = ledger.token(hash).filter(one -> one.isValid(now));
        return service.isPresent()
                ? new Caller.Service(service.get(), address, !majority.getAsBoolean())
                : new Caller.Nobody(address);
    }

    private Caller person(String hash, String address) {
        Instant now = clock.get();
        Optional<Versioned<Session>> found = ledger.session(hash);
        if (found.isEmpty()) {
            return new Caller.Nobody(address);
        }
        Session session = found.get().value();
        Optional<User> owner = ledger.user(session.user(), session.stamp()).map(Versioned::value);
        if (owner.isEmpty() || end(session, owner, now) != Session.End.NONE) {
            return new Caller.Nobody(address);
        }
        return new Caller.Person(session, owner.get(), !majority.getAsBoolean());
    }

    private Session.End end(Session session, Optional<User> owner, Instant now) {
        return session.end(owner, ledger.round().value(), used.getOrDefault(session.hash(), session.seenAt()), limits,
                now);
    }

    /** To the second: that is all that is kept, and a busy session has nothing to write for most of its requests. */
    private void touch(Session session, Instant now) {
        Instant before = used.getOrDefault(session.hash(), session.seenAt());
        if (Duration.between(before, now).toMillis() >= 1000) {
            used.put(session.hash(), now);
        }
    }

    /** The sessions that go on, of one user or (null) of all; the newest first. */
    public List<Session> list(@Nullable UserName of) {
        Instant now = clock.get();
        return ledger.sessions()
                .stream()
                .map(Versioned::value)
                .filter(session -> of == null || session.user().equals(of))
                .filter(session -> end(session, owner(session), now) == Session.End.NONE)
                .map(session -> session.seen(used.getOrDefault(session.hash(), session.seenAt())))
                .sorted(Comparator.comparing(Session::createdAt).reversed())
                .toList();
    }

    private Optional<User> owner(Session session) {
        return ledger.user(session.user(), session.stamp()).map(Versioned::value);
    }

    /**
     * Begins a session, if the proof can still be accepted: the user's record is compared, and carries afterwards that it was.
     * Empty when somebody else was first.
     *
     * @param known the user that the proof was looked at against
     * @param changed the same after the proof, and after what else the login changes
     */
    Optional<Begun> begin(Versioned<User> known, User changed, Proof proof, Device device) {
        Instant now = clock.get();
        String token = Tokens.create("hfs_");
        User after = changed.from(device, now);
        Session session = new Session(Session.hashOf(token), after.name(), after.stamp(), ledger.round().value(),
                device, now, now, now, proof.kind(), List.of());
        String userKey = Keys.USERS + after.name();
        String sessionKey = Keys.SESSIONS + session.hash();
        TxnResult result = batches.commit(Txn.when()
                .versionIs(userKey, known.version())
                .versionIs(sessionKey, 0)
                .put(userKey, SessionJson.write(after))
                .put(sessionKey, SessionJson.write(session))
                .build());
        return switch (result) {
            case TxnResult.Applied applied -> {
                ledger.await(Keys.USERS, applied.revision());
                ledger.await(Keys.SESSIONS, applied.revision());
                yield Optional.of(new Begun(token, session, after, !known.value().knows(device)));
            }
            case TxnResult.Conflict _ -> Optional.empty();
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** Writes a grant into a session, if its proof can still be accepted; empty when somebody was first, or it has ended. */
    Optional<Session> grant(Versioned<User> known, Proof proof, Session session, Session.Grant grant) {
        Instant now = clock.get();
        Optional<Versioned<Session>> current = ledger.session(session.hash());
        if (current.isEmpty()) {
            return Optional.empty();
        }
        Session granted = current.get().value().granted(grant, now, proof.kind());
        String userKey = Keys.USERS + known.value().name();
        String sessionKey = Keys.SESSIONS + session.hash();
        TxnResult result = batches.commit(Txn.when()
                .versionIs(userKey, known.version())
                .versionIs(sessionKey, current.get().version())
                .put(userKey, SessionJson.write(known.value().after(proof)))
                .put(sessionKey, SessionJson.write(granted))
                .build());
        return switch (result) {
            case TxnResult.Applied applied -> {
                ledger.await(Keys.USERS, applied.revision());
                ledger.await(Keys.SESSIONS, applied.revision());
                yield Optional.of(granted);
            }
            case TxnResult.Conflict _ -> Optional.empty();
            case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
        };
    }

    /** Uses a grant up; false when it is gone: somebody was first, or the session has ended. */
    public boolean use(Session session, Session.Grant grant) {
        String key = Keys.SESSIONS + session.hash();
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<Versioned<Session>> current = ledger.session(session.hash());
            if (current.isEmpty() || !current.get().value().grants().contains(grant)
                    || !grant.until().isAfter(clock.get())) {
                return false;
            }
            TxnResult result = batches.commit(Txn.when()
                    .versionIs(key, current.get().version())
                    .put(key, SessionJson.write(current.get().value().used(grant)))
                    .build());
            switch (result) {
                case TxnResult.Applied applied -> {
                    ledger.await(Keys.SESSIONS, applied.revision());
                    return true;
                }
                case TxnResult.Conflict _ ->
                    ledger.await(Keys.SESSIONS, store.range(key, WITHIN).get(key).map(one -> one.version()).orElse(0L));
                case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
            }
        }
        return false;
    }

    /** Ends sessions; those that have ended already do no harm. */
    public void end(List<Session> sessions) {
        for (Session session : sessions) {
            TxnResult result = batches.commit(Txn.when().delete(Keys.SESSIONS + session.hash()).build());
            switch (result) {
                case TxnResult.Applied applied -> ledger.await(Keys.SESSIONS, applied.revision());
                case TxnResult.Conflict _ -> throw new IllegalStateException("nothing was compared");
                case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
            }
        }
    }

    /** Ends every session of the cluster. */
    public void endAll() {
        for (int i = 0; i < ATTEMPTS; i++) {
            Versioned<Long> round = ledger.round();
            TxnResult result = store.commit(Txn.when()
                    .versionIs(Keys.SESSION_ROUND, round.version())
                    .put(Keys.SESSION_ROUND, Long.toString(round.value() + 1))
                    .build(), WITHIN);
            switch (result) {
                case TxnResult.Applied applied -> {
                    ledger.await(Keys.SESSIONS, applied.revision());
                    return;
                }
                case TxnResult.Conflict _ -> ledger.await(Keys.SESSIONS, round.version() + 1);
                case TxnResult.Unknown unknown -> throw Users.unconfirmed(unknown);
            }
        }
    }

    /**
     * Writes down when sessions were last used, where that is due, and removes those that have ended; some at a time.
     *
     * @return when to come again
     */
    public Duration turn() {
        Instant now = clock.get();
        List<Versioned<Session>> known = ledger.sessions();
        used.keySet().removeIf(hash -> ledger.session(hash).isEmpty());
        List<Txn> due = new ArrayList<>();
        for (Versioned<Session> one : known) {
            Session session = one.value();
            String key = Keys.SESSIONS + session.hash();
            Instant last = used.get(session.hash());
            if (end(session, owner(session), now) != Session.End.NONE && isLongOver(session, now)) {
                due.add(Txn.when().versionIs(key, one.version()).delete(key).build());
            } else if (last != null && !last.isBefore(session.seenAt().plus(limits.touchAfter()))) {
                due.add(Txn.when()
                        .versionIs(key, one.version())
                        .put(key, SessionJson.write(session.seen(last)))
                        .build());
            }
        }
        boolean more = due.size() > MOST_AT_ONCE;
        together(due.subList(0, Math.min(due.size(), MOST_AT_ONCE)));
        return more ? Duration.ofSeconds(1) : limits.touchAfter().dividedBy(4);
    }

    /**
     * Another agent may have seen it used a moment ago, and not have written that yet. One that lies ahead may be right, and this
     * agent's clock wrong.
     */
    private boolean isLongOver(Session session, Instant now) {
        Session.End end = end(session, owner(session), now.minus(limits.touchAfter().multipliedBy(2)));
        return end != Session.End.NONE && end != Session.End.AHEAD;
    }

    private void together(List<Txn> due) {
        if (due.isEmpty()) {
            return;
        }
        List<Txn.Compare> compares = new ArrayList<>();
        List<Txn.Operation> operations = new ArrayList<>();
        due.forEach(txn -> {
            compares.addAll(txn.compares());
            operations.addAll(txn.operations());
        });
        if (store.commit(new Txn(compares, operations), WITHIN) instanceof TxnResult.Conflict && due.size() > 1) {
            due.forEach(txn -> store.commit(txn, WITHIN));
        }
    }
}
