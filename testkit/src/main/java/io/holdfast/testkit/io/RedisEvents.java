package io.holdfast.testkit.io;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.XReadParams;
import redis.clients.jedis.resps.StreamEntry;

/**
 * Two ordinary clients that follow the events which a cluster hands on to Redis, at whatever master the Sentinels name: one reads
 * the stream from its last id on, one is subscribed, and fetches from the stream what it missed whenever it connects.
 */
public final class RedisEvents implements AutoCloseable {
    private static final Pattern NUMBER = Pattern.compile("\"number\":(\\d+)");
    private static final int AT_ONCE = 500;
    private static final int BLOCK_MILLIS = 200;

    private final RedisTrio trio;
    private final String stream;
    private final String channel;
    private final Consumer<String> heard;
    private final List<Thread> threads;
    private final List<String> wrong = new ArrayList<>();
    private final List<String> read = new ArrayList<>();
    private final ConcurrentSkipListSet<Long> published = new ConcurrentSkipListSet<>();
    private StreamEntryID last = new StreamEntryID(0, 0);
    private int gaps;
    private int subscriptions;
    private volatile @Nullable Jedis subscribed;
    private volatile boolean closing;

    /**
     * Begins with all that the stream has.
     *
     * @param heard hears of each message that was published, as it comes
     */
    public RedisEvents(RedisTrio trio, String cluster, Consumer<String> heard) {
        this.trio = trio;
        this.stream = "holdfast:" + cluster + ":stream";
        this.channel = "holdfast:" + cluster + ":events";
        this.heard = heard;
        this.threads = List.of(Thread.ofPlatform().daemon().name("stream reader").start(() -> goOn(this::read)),
                Thread.ofPlatform().daemon().name("subscriber").start(() -> goOn(this::subscribe)));
    }

    /** Again and again, at whoever is the master by then. */
    private void goOn(Consumer<HostAndPort> follow) {
        while (!closing) {
            Optional<HostAndPort> master = trio.agreedMaster().map(RedisNode::redis);
            try {
                master.ifPresent(follow);
                Thread.sleep(20);
            } catch (JedisException e) {
                // It has gone, or is no master any more: the Sentinels are asked anew.
            } catch (InterruptedException e) {
                closing = true;
            }
        }
    }

    private void read(HostAndPort master) {
        try (Jedis jedis = RedisTrio.open(master)) {
            while (!closing && jedis.info("replication").contains("role:master")) {
                var found = jedis.xread(XReadParams.xReadParams().count(AT_ONCE).block(BLOCK_MILLIS),
                        Map.of(stream, last()));
                if (found != null) {
                    found.forEach(one -> one.getValue().forEach(this::take));
                }
            }
        }
    }

    private synchronized void take(StreamEntry entry) {
        StreamEntryID id = entry.getID();
        if (id.getSequence() > 0) {
            gaps++;
        } else if (id.getTime() != last.getTime() + 1) {
            wrong.add("after " + last + " came " + id);
        } else if (id.getTime() != number(entry.getFields().getOrDefault("data", ""))) {
            wrong.add(id + " is that of " + entry.getFields());
        }
        read.add(entry.getFields().getOrDefault("data", ""));
        last = id;
    }

    private static long number(String json) {
        Matcher matcher = NUMBER.matcher(json);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
    }

    private void subscribe(HostAndPort master) {
        try (Jedis jedis = new Jedis(master, RedisTrio.PATIENT)) {
            subscribed = jedis;
            jedis.subscribe(new JedisPubSub() {
                @Override
                public void onSubscribe(String name, int count) {
                    catchUp(master);
                }

                @Override
                public void onMessage(String name, String message) {
                    heard.accept(message);
                    published.add(number(message));
                }
            }, channel);
        }
    }

    /** What was published while nobody listened is in the stream. */
    private void catchUp(HostAndPort master) {
        synchronized (this) {
            subscriptions++;
        }
        try (Jedis jedis = RedisTrio.open(master)) {
            String from = published.isEmpty() ? "-" : "(" + published.last() + "-0";
            jedis.xrange(stream, from, "+")
                    .forEach(entry -> published.add(number(entry.getFields().getOrDefault("data", ""))));
        }
    }

    private synchronized StreamEntryID last() {
        return last;
    }

    /** The number of the last entry that was read. */
    public synchronized long lastNumber() {
        return last.getTime();
    }

    /** What came out of order in the stream, or not as what it says. */
    public synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** The data of all entries of the stream, in order. */
    public synchronized List<String> read() {
        return List.copyOf(read);
    }

    /** How often the stream said that numbers are missing. */
    public synchronized int gaps() {
        return gaps;
    }

    /** How often it was subscribed. */
    public synchronized int subscriptions() {
        return subscriptions;
    }

    /** The numbers up to one that the subscriber has not. */
    public List<Long> unheard(long from, long to) {
        List<Long> missing = new ArrayList<>();
        for (long number = from; number <= to; number++) {
            if (!published.contains(number)) {
                missing.add(number);
            }
        }
        return missing;
    }

    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
        Jedis open = subscribed;
        if (open != null) {
            open.disconnect();
        }
        try {
            for (Thread thread : threads) {
                thread.join(5000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
