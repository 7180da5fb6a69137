package io.holdfast.statesync.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.HybridTime;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.WatchEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The events that the store keeps, as this member knows them, and a place to wait for more. Their numbers follow upon each
 * other here too. For any number of threads.
 */
public final class EventFeed implements AutoCloseable {
    private final StateStore store;
    private final ClusterJson json;
    private final MemberName member;
    private final Consumer<HybridTime> heard;
    private final NavigableMap<Long, Event> known = new TreeMap<>();
    private final StateStore.Subscription watch;
    private volatile Runnable news = () -> {};
    private boolean closed;

    /**
     * Begins to listen.
     *
     * @param member in whose name an event is told that cannot be read
     * @param heard hears of the hybrid time of each event
     */
    public EventFeed(StateStore store, ClusterJson json, MemberName member, Consumer<HybridTime> heard) {
        this.store = store;
        this.json = json;
        this.member = member;
        this.heard = heard;
        long revision = store.local(Keys.EVENTS).revision();
        readAll();
        watch = store.watch(Keys.EVENTS, revision, change -> {
            hear(change);
            news.run();
        });
    }

    /** The number of the last event; 0 when there is none. */
    public synchronized long last() {
        return known.isEmpty() ? 0 : known.lastKey();
    }

    /** The number of the oldest event that is kept; 1 when there is none. */
    public synchronized long first() {
        return known.isEmpty() ? 1 : known.firstKey();
    }

    /** The number of the last event as a majority knows it; empty when none confirms it within the time. */
    public OptionalLong confirmedLast(Duration within) {
        Snapshot snapshot = store.range(Keys.EVENTS_HEAD, within);
        return snapshot.stale()
                ? OptionalLong.empty()
                : OptionalLong.of(snapshot.get(Keys.EVENTS_HEAD).map(head -> Long.parseLong(head.value())).orElse(0L));
    }

    /** What follows a number, oldest first: the first so many. */
    public synchronized List<Event> after(long number, int most) {
        return known.tailMap(number, false).values().stream().limit(most).toList();
    }

    /** What follows a number, oldest first: the newest so many. */
    public synchronized List<Event> newest(long number, int most) {
        return known.descendingMap().headMap(number, false).values().stream().limit(most).toList().reversed();
    }

    /** Has somebody told that there may be more; it must not block. */
    public void onNews(Runnable listener) {
        news = listener;
    }

    /** Waits for an event with a greater number; false when none came in time, or none will come. */
    public synchronized boolean await(long number, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        while (last() <= number && !closed) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
        }
        return last() > number;
    }

    private synchronized void hear(WatchEvent change) {
        switch (change) {
            case WatchEvent.Changed changed -> changed.changes().forEach(one -> {
                if (one instanceof WatchEvent.Change.Written(Entry entry)) {
                    add(entry);
                }
            });
            case WatchEvent.Gap _ -> readAll();
        }
        notifyAll();
    }

    private synchronized void readAll() {
        Map<String, Entry> entries = store.local(Keys.EVENTS).entries();
        known.clear();
        entries.values().forEach(this::put);
    }

    private void add(Entry entry) {
        long number = Keys.numberOf(entry.key());
        if (number > last() + 1 && !known.isEmpty()) {
            readAll();
        }
        if (number > last()) {
            put(entry);
        }
    }

    private void put(Entry entry) {
        Event event = read(entry);
        known.put(event.number(), event);
        while (known.size() > EventLog.KEPT) {
            known.pollFirstEntry();
        }
        if (event.clock() != null) {
            heard.accept(event.clock());
        }
    }

    /** One that a later release wrote in a way of its own is there all the same, so that no number is missing. */
    private Event read(Entry entry) {
        long number = Keys.numberOf(entry.key());
        try {
            return json.read(entry.value(), Event.class).numbered(number);
        } catch (HoldfastException e) {
            return new Event(number, Instant.EPOCH, null, member, "unreadable", e.problem().message(), Map.of());
        }
    }

    /** Ends; nobody waits any more. */
    @Override
    public void close() {
        watch.close();
        synchronized (this) {
            closed = true;
            notifyAll();
        }
    }
}
