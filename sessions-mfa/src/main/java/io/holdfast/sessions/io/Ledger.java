package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.ServiceToken;
import io.holdfast.sessions.Session;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.WatchEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Users, sessions and tokens as this agent knows them, in memory, kept true by watches: looking somebody up asks nobody. A record
 * that cannot be read is as if it were not there, which lets nobody in.
 */
final class Ledger implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final StateStore store;
    private final Map<String, Versioned<User>> users = new ConcurrentHashMap<>();
    private final Map<String, Versioned<Session>> sessions = new ConcurrentHashMap<>();
    private final Map<String, Versioned<ServiceToken>> tokens = new ConcurrentHashMap<>();
    private final Map<String, Long> seen = new HashMap<>();
    private final List<StateStore.Subscription> watches = new ArrayList<>();
    private volatile Versioned<Long> round = new Versioned<>(0L, 0);

    Ledger(StateStore store) {
        this.store = store;
        for (String prefix : List.of(Keys.USERS, Keys.SESSIONS, Keys.SERVICE_TOKENS)) {
            long revision = reload(prefix);
            seen.put(prefix, revision);
            watches.add(store.watch(prefix, revision, event -> hear(prefix, event)));
        }
    }

    /** What is known of a user. */
    Optional<Versioned<User>> user(UserName name) {
        return Optional.ofNullable(users.get(Keys.USERS + name));
    }

    /** What is known of a user, when a session says that there is something newer: the two watches are not one. */
    Optional<Versioned<User>> user(UserName name, long leastStamp) {
        Optional<Versioned<User>> known = user(name);
        return known.isPresent() && known.get().value().stamp() < leastStamp
                ? store.local(Keys.USERS + name)
                        .get(Keys.USERS + name)
                        .map(entry -> SessionJson.read(entry, User.class))
                : known;
    }

    Optional<Versioned<Session>> session(String hash) {
        return Optional.ofNullable(sessions.get(Keys.SESSIONS + hash));
    }

    Optional<ServiceToken> token(String hash) {
        for (Versioned<ServiceToken> token : tokens.values()) {
            if (token.value().hash().equals(hash)) {
                return Optional.of(token.value());
            }
        }
        return Optional.empty();
    }

    List<Versioned<User>> users() {
        return List.copyOf(users.values());
    }

    List<Versioned<Session>> sessions() {
        return List.copyOf(sessions.values());
    }

    List<ServiceToken> tokens() {
        return tokens.values().stream().map(Versioned::value).toList();
    }

    /** The number that sessions must carry. */
    Versioned<Long> round() {
        return round;
    }

    /** Waits until what a transaction changed below a prefix is known here; in vain when this agent lags behind for long. */
    void await(String prefix, long revision) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        synchronized (seen) {
            try {
                while (seen.getOrDefault(prefix, 0L) < revision && deadline - System.nanoTime() > 0) {
                    TimeUnit.NANOSECONDS.timedWait(seen, Math.max(1_000_000, deadline - System.nanoTime()));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What a reload has overtaken is not heard: it would bring back what was deleted since. */
    private void hear(String prefix, WatchEvent event) {
        synchronized (seen) {
            if (event instanceof WatchEvent.Changed changed && changed.revision() <= seen.getOrDefault(prefix, 0L)) {
                return;
            }
        }
        long revision = switch (event) {
            case WatchEvent.Changed changed -> {
                for (WatchEvent.Change change : changed.changes()) {
                    switch (change) {
                        case WatchEvent.Change.Written written -> put(prefix, written.entry());
                        case WatchEvent.Change.Deleted deleted -> remove(deleted.key());
                    }
                }
                yield changed.revision();
            }
            case WatchEvent.Gap _ -> reload(prefix);
        };
        synchronized (seen) {
            seen.merge(prefix, revision, Math::max);
            seen.notifyAll();
        }
    }

    private long reload(String prefix) {
        Snapshot snapshot = store.local(prefix);
        map(prefix).keySet().retainAll(snapshot.entries().keySet());
        snapshot.entries().values().forEach(entry -> put(prefix, entry));
        return snapshot.revision();
    }

    private Map<String, ? extends Versioned<?>> map(String prefix) {
        return switch (prefix) {
            case Keys.USERS -> users;
            case Keys.SESSIONS -> sessions;
            default -> tokens;
        };
    }

    private void put(String prefix, Entry entry) {
        try {
            if (entry.key().equals(Keys.SESSION_ROUND)) {
                round = new Versioned<>(Long.parseLong(entry.value()), entry.version());
                return;
            }
            switch (prefix) {
                case Keys.USERS -> users.put(entry.key(), SessionJson.read(entry, User.class));
                case Keys.SESSIONS -> sessions.put(entry.key(), SessionJson.read(entry, Session.class));
                default -> tokens.put(entry.key(), SessionJson.read(entry, ServiceToken.class));
            }
        } catch (HoldfastException | NumberFormatException e) {
            LOG.warn("{} is passed over", prefix, e);
            remove(entry.key());
        }
    }

    private void remove(String key) {
        users.remove(key);
        sessions.remove(key);
        tokens.remove(key);
    }

    @Override
    public void close() {
        watches.forEach(StateStore.Subscription::close);
    }
}
