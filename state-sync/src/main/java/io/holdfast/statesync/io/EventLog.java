package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.HybridClock;
import io.holdfast.statesync.HybridTime;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.StoreMachine;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Txn.Operation.Append;
import io.holdfast.statesync.TxnResult;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened, for whoever asks later. Every event goes to this agent's own file at once, and to the store, which gives it its
 * number; while the store is away events wait, and what an agent that was killed had in its file only, the next one
 * brings. What queues while one commit is under way goes with the next. Appending never blocks the caller.
 *
 * <p>An event is known by its member and its hybrid time; the store passes over what it has, so that trying again after an
 * unknown outcome makes no event twice.
 */
public final class EventLog implements AutoCloseable {
    /** How many events the store keeps. */
    public static final int KEPT = 3000;

    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    private static final int WAITING_MOST = 5000;
    private static final int TOGETHER = 100;
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final long AGAIN_MILLIS = 300;
    /** What happens in a failover happens together, and nobody who takes part in it should wait for the story of it. */
    private static final long GATHER_MILLIS = 400;
    /** A clock that is further ahead is wrong, and takes no other one with it. */
    private static final long MOST_AHEAD_MILLIS = 60_000;

    private final StateStore store;
    private final ClusterJson json;
    private final MemberName member;
    private final EventFile file;
    private final Supplier<Instant> clock;
    private final HybridClock hybrid;
    private final EventFeed feed;
    private final Deque<Event> unwritten = new ArrayDeque<>();
    private final Deque<Event> waiting = new ArrayDeque<>();
    private final List<Thread> threads;
    /** What an earlier process of this member had written to its file; the store may lack some of it. */
    private List<Event> left;
    private HybridTime queued = new HybridTime(0, 0);
    private long dropped;
    private long dueNanos = System.nanoTime();
    private boolean closed;

    /**
     * Starts the log's threads.
     *
     * @param member who reports
     * @param path the agent's own log, one JSON object a line; made if it is not there
     * @param clock the wall clock, for people
     */
    public EventLog(StateStore store, ClusterJson json, MemberName member, Path path, Supplier<Instant> clock) {
        this.store = store;
        this.json = json;
        this.member = member;
        this.clock = clock;
        this.hybrid = new HybridClock(() -> clock.get().toEpochMilli(), MOST_AHEAD_MILLIS);
        this.file = new EventFile(json, path);
        this.left = file.newest(WAITING_MOST).stream().filter(event -> event.member().equals(member)).toList();
        left.forEach(event -> hybrid.resume(time(event)));
        this.feed = new EventFeed(store, json, member, hybrid::receive);
        this.threads = List.of(Thread.ofVirtual().name("holdfast-events-file").start(this::write),
                Thread.ofVirtual().name("holdfast-events").start(this::run));
    }

    /**
     * Reports an event.
     *
     * @param type what kind
     * @param text what happened and why, one sentence
     * @param details facts for programs
     */
    public synchronized void append(EventType type, String text, Map<String, String> details) {
        Event event = new Event(0, clock.get(), hybrid.tick(), member, type.word(), text, details);
        unwritten.add(event);
        if (unwritten.size() > WAITING_MOST) {
            unwritten.removeFirst();
        }
        queue(event);
        if (waiting.size() > WAITING_MOST) {
            waiting.removeFirst();
            dropped++;
        }
        long now = System.nanoTime();
        if (type.isOfLeadership() && dueNanos - now <= 0) {
            dueNanos = now + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
        }
        notifyAll();
    }

    /** The events of all members. */
    public EventFeed feed() {
        return feed;
    }

    /**
     * The newest events that this member knows of, in order of their numbers.
     *
     * @param most how many at most
     */
    public List<Event> newest(int most) {
        return feed.newest(0, most);
    }

    // ---- into the file

    private void write() {
        try {
            for (List<Event> fresh = takeUnwritten(); !fresh.isEmpty(); fresh = takeUnwritten()) {
                file.write(fresh);
            }
        } catch (InterruptedException e) {
            LOG.debug("the file of the events ends", e);
        }
    }

    /** Empty at the end. */
    private synchronized List<Event> takeUnwritten() throws InterruptedException {
        while (unwritten.isEmpty() && !closed) {
            wait();
        }
        List<Event> fresh = List.copyOf(unwritten);
        unwritten.clear();
        return fresh;
    }

    /** In the store a member's events are in the order of their times: one that is not after the one before gets another. */
    private void queue(Event event) {
        Event later = time(event).compareTo(queued) > 0 ? event : event.at(hybrid.tick());
        queued = time(later);
        waiting.add(later);
    }

    private static HybridTime time(Event event) {
        return Objects.requireNonNull(event.clock(), "this release gives every event a time");
    }

    // ---- into the store

    private void run() {
        try {
            while (!goOn()) {
                postpone();
            }
            for (List<Event> batch = nextDue(); !batch.isEmpty(); batch = nextDue()) {
                if (publish(batch)) {
                    published(time(batch.getLast()));
                } else {
                    postpone();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("the event log ends with {} events that are in no store", waiting.size(), e);
        }
    }

    /**
     * Finds out which event of this member is the last that the store has, and queues what its file has after it. That the store
     * knows later times than this process began with happens where the end of the file was lost, and the wall clock went back.
     */
    private boolean goOn() {
        Snapshot known = store.range(from(), WITHIN);
        if (known.stale()) {
            return false;
        }
        HybridTime last = HybridTime.of(last(known));
        hybrid.resume(last);
        synchronized (this) {
            List<Event> own = new ArrayList<>(left.stream().filter(event -> time(event).compareTo(last) > 0).toList());
            own.addAll(waiting);
            waiting.clear();
            queued = last;
            own.forEach(this::queue);
            left = List.of();
        }
        return true;
    }

    private String from() {
        return Keys.EVENTS_FROM + member;
    }

    private long last(Snapshot snapshot) {
        return snapshot.get(from()).map(Entry::value).map(Long::parseLong).orElse(0L);
    }

    /** Waits for what is to be published next; empty at the end. */
    private synchronized List<Event> nextDue() throws InterruptedException {
        while (!closed || !waiting.isEmpty()) {
            long left = closed ? 0 : dueNanos - System.nanoTime();
            if (waiting.isEmpty()) {
                wait();
            } else if (left > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
            } else {
                return waiting.stream().limit(TOGETHER).toList();
            }
        }
        return List.of();
    }

    private boolean publish(List<Event> batch) {
        return store.local(Keys.MEMBERS)
                .entries()
                .values()
                .stream()
                .allMatch(entry -> json.read(entry, MemberRecord.class).value().format() >= StoreMachine.FORMAT)
                        ? append(batch)
                        : compareAndSet(batch);
    }

    private boolean append(List<Event> batch) {
        List<Append.Item> records = batch.stream()
                .map(event -> new Append.Item(time(event).packed(), json.write(event)))
                .toList();
        return store.commit(Txn.when().append(Keys.EVENTS_LOG, member.value(), records, KEPT).build(),
                WITHIN) instanceof TxnResult.Applied;
    }

    /** The same where a member runs a release whose store gives no numbers: members that do this at the same time are in each other's way. */
    private boolean compareAndSet(List<Event> batch) {
        Snapshot now = store.local(Keys.EVENTS_LOG + "-");
        Entry head = now.get(Keys.EVENTS_HEAD).orElse(null);
        long number = head == null ? 0 : Long.parseLong(head.value());
        long known = last(now);
        Txn.Builder txn = Txn.when().versionIs(Keys.EVENTS_HEAD, head == null ? 0 : head.version());
        for (Event event : batch) {
            if (time(event).packed() > known) {
                number++;
                txn.put(Keys.event(number), json.write(event.numbered(number))).delete(Keys.event(number - KEPT));
            }
        }
        txn.put(Keys.EVENTS_HEAD, Long.toString(number))
                .put(from(), Long.toString(Math.max(known, time(batch.getLast()).packed())));
        return store.commit(txn.build(), WITHIN) instanceof TxnResult.Applied;
    }

    private synchronized void published(HybridTime last) {
        while (!waiting.isEmpty() && time(waiting.getFirst()).compareTo(last) <= 0) {
            waiting.removeFirst();
        }
        if (dropped > 0 && waiting.isEmpty() && !closed) {
            long count = dropped;
            dropped = 0;
            append(EventType.EVENTS_DROPPED,
                    count + " events are only in the agent's own file: the store was away for too long",
                    Map.of("count", Long.toString(count)));
        }
    }

    private synchronized void postpone() throws InterruptedException {
        dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS);
        TimeUnit.MILLISECONDS.timedWait(this, AGAIN_MILLIS);
    }

    /** Ends the log; waits for what is still to be written, for as long as one attempt takes. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            for (Thread thread : threads) {
                if (!thread.join(WITHIN)) {
                    thread.interrupt();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        feed.close();
    }
}
