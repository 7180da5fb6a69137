package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened, for whoever asks later. Every event goes to this agent's own file at once, and a moment later to the store, where
 * it gets its number; while the store is away events wait. Appending never blocks the caller.
 */
public final class EventLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    private static final int KEPT = 1000;
    private static final int WAITING_MOST = 1000;
    private static final int TOGETHER = 20;
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final long AGAIN_MILLIS = 300;
    /** What happens in a failover happens together, and nobody who takes part in it should wait for the story of it. */
    private static final long GATHER_MILLIS = 400;

    private final StateStore store;
    private final ClusterJson json;
    private final MemberName member;
    private final Path file;
    private final Supplier<Instant> clock;
    private final Deque<Event> unwritten = new ArrayDeque<>();
    private final Deque<Event> waiting = new ArrayDeque<>();
    private final Thread thread;
    private long dropped;
    private long dueNanos;
    private boolean closed;
    /** Only the log's thread touches it: whether events may be in the store already that it does not know to be there. */
    private boolean unsure;

    /**
     * Starts the log's thread.
     *
     * @param member who reports
     * @param file the agent's own log, one JSON object a line; made if it is not there
     * @param clock the wall clock, for people
     */
    public EventLog(StateStore store, ClusterJson json, MemberName member, Path file, Supplier<Instant> clock) {
        this.store = store;
        this.json = json;
        this.member = member;
        this.file = file;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("holdfast-events").start(this::run);
    }

    /**
     * Reports an event.
     *
     * @param type what kind, such as {@code takeover}
     * @param text what happened and why, one sentence
     * @param details facts for programs
     */
    public synchronized void append(String type, String text, Map<String, String> details) {
        unwritten.add(new Event(0, clock.get(), member, type, text, details));
        while (unwritten.size() + waiting.size() > WAITING_MOST) {
            (waiting.isEmpty() ? unwritten : waiting).removeFirst();
            dropped++;
        }
        notifyAll();
    }

    /**
     * The newest events that this member knows of, in order of their numbers.
     *
     * @param most how many at most
     */
    public List<Event> newest(int most) {
        List<Event> events = events(store.local(Keys.EVENTS).entries().values());
        return events.subList(Math.max(0, events.size() - most), events.size());
    }

    private List<Event> events(Collection<Entry> entries) {
        return entries.stream().map(entry -> json.read(entry, Event.class).value()).toList();
    }

    private void run() {
        try {
            while (true) {
                List<Event> fresh = takeUnwritten();
                writeFile(fresh);
                if (fresh.isEmpty() && isDone()) {
                    return;
                }
                List<Event> batch = firstDue();
                if (!batch.isEmpty() && !publish(batch)) {
                    postpone();
                } else {
                    published(batch);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the event log ends with {} events that are in no store", waiting.size(), e);
        }
    }

    private synchronized List<Event> takeUnwritten() throws InterruptedException {
        while (unwritten.isEmpty() && !closed && (waiting.isEmpty() || dueNanos - System.nanoTime() > 0)) {
            if (waiting.isEmpty()) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, dueNanos - System.nanoTime());
            }
        }
        if (waiting.isEmpty()) {
            dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
        }
        List<Event> fresh = List.copyOf(unwritten);
        unwritten.clear();
        waiting.addAll(fresh);
        return fresh;
    }

    private synchronized boolean isDone() {
        return closed && waiting.isEmpty();
    }

    private synchronized List<Event> firstDue() {
        return closed || dueNanos - System.nanoTime() <= 0 ? waiting.stream().limit(TOGETHER).toList() : List.of();
    }

    private synchronized void published(List<Event> batch) {
        waiting.removeAll(batch);
        if (dropped > 0 && waiting.isEmpty() && !closed) {
            long count = dropped;
            dropped = 0;
            append("events-dropped",
                    count + " events are only in the agent's own file: the store was away for too long",
                    Map.of("count", Long.toString(count)));
        }
    }

    private synchronized void postpone() throws InterruptedException {
        dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS);
        if (closed) {
            TimeUnit.MILLISECONDS.timedWait(this, AGAIN_MILLIS);
        }
    }

    private void writeFile(List<Event> events) {
        if (events.isEmpty()) {
            return;
        }
        try {
            StringBuilder lines = new StringBuilder();
            events.forEach(event -> lines.append(json.write(event)).append('\n'));
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.warn("{} events could not be written to {}", events.size(), file, e);
        }
    }

    /** Gives the events the next numbers. After an unknown outcome it looks first whether they are there already. */
    private boolean publish(List<Event> batch) {
        List<Event> missing = new ArrayList<>(batch);
        if (unsure) {
            Snapshot known = store.range(Keys.EVENTS, WITHIN);
            if (known.stale()) {
                return false;
            }
            missing.removeAll(unnumbered(known));
            if (missing.isEmpty()) {
                return true;
            }
        }
        Entry head = store.local(Keys.EVENTS_HEAD).get(Keys.EVENTS_HEAD).orElse(null);
        long last = head == null ? 0 : Long.parseLong(head.value());
        Txn.Builder txn = Txn.when().versionIs(Keys.EVENTS_HEAD, head == null ? 0 : head.version());
        for (Event event : missing) {
            last++;
            txn.put(Keys.event(last), json.write(numbered(event, last)));
            if (last > KEPT) {
                txn.delete(Keys.event(last - KEPT));
            }
        }
        TxnResult result = store.commit(txn.put(Keys.EVENTS_HEAD, Long.toString(last)).build(), WITHIN);
        unsure = result instanceof TxnResult.Unknown || unsure && result instanceof TxnResult.Conflict;
        return result instanceof TxnResult.Applied;
    }

    private List<Event> unnumbered(Snapshot snapshot) {
        return events(snapshot.entries().values()).stream()
                .filter(event -> event.member().equals(member))
                .map(event -> numbered(event, 0))
                .toList();
    }

    private static Event numbered(Event event, long number) {
        return new Event(number, event.at(), event.member(), event.type(), event.text(), event.details());
    }

    /** Ends the log; waits for what is still to be written, for as long as one attempt takes. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            if (!thread.join(WITHIN)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
