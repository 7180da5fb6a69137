package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.RelayStep;
import io.holdfast.replication.redis.RelayStep.StreamId;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.io.EventFeed;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events on to a Redis: each is appended to a stream there under its number, and published. One agent does; it has nothing but
 * the end of the stream, and reads what follows from what the agent keeps anyway. Two that both believe to be the one do no harm:
 * Redis appends only where the end still is what the agent last saw, and publishes what it appended.
 */
public final class EventRelay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventRelay.class);
    private static final int TOGETHER = 100;
    private static final int STEPS = 20;
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final Duration ASK = Duration.ofSeconds(1);
    private static final Duration TO_CONFIRM = Duration.ofSeconds(1);
    /** Whoever does not get through for so long lets another agent try. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration STANDS_BACK = Duration.ofSeconds(3);
    /** After so long without an event the end of the stream is asked for: a failover, or a person, may have taken something. */
    private static final Duration TRUSTED = Duration.ofSeconds(5);
    /** What Redis does at once, or not at all. ARGV: the end as it was last seen, channel, length, "anew" or "", and each id, type and data. */
    private static final String APPEND = """
            local last = '0-0'
            if redis.call('EXISTS', KEYS[1]) == 1 then
              local info = redis.call('XINFO', 'STREAM', KEYS[1])
              for i = 1, #info, 2 do
                if info[i] == 'last-generated-id' then last = info[i + 1] end
              end
            end
            if last ~= ARGV[1] then return last end
            if ARGV[4] == 'anew' then redis.call('DEL', KEYS[1]) end
            for i = 5, #ARGV, 3 do
              redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], ARGV[i], 'type', ARGV[i + 1], 'data', ARGV[i + 2])
              redis.call('PUBLISH', ARGV[2], ARGV[i + 2])
              last = ARGV[i]
            end
            return last
            """;

    private final RedisConfig.Relay relay;
    private final String stream;
    private final String channel;
    private final RedisWatch watch;
    private final EventFeed feed;
    private final RelayText text;
    private final RelayClaim claim;
    private final StateStore.Subscription news;
    private volatile Runnable wake = () -> {};
    private volatile boolean held;
    /** Only the thread that turns touches these; a null end is not known. */
    private @Nullable RedisLink link;
    private @Nullable StreamId end;
    private long seenNanos = System.nanoTime();
    private long notBeforeNanos = System.nanoTime();
    private long troubleNanos;
    private String trouble = "";
    private boolean told;

    /** Something to append. */
    private record Item(StreamId id, String type, String data) {}

    /** It did not get through. */
    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String why) {
            super(why);
        }
    }

    /**
     * Does nothing before its first turn.
     *
     * @param cluster the cluster's name, of which the names in Redis are made
     * @param watch knows the master, and has the connections
     */
    public EventRelay(RedisConfig.Relay relay, String cluster, RedisWatch watch, StateStore store, EventFeed feed,
            RelayText text) {
        this.relay = relay;
        this.stream = "holdfast:" + cluster + ":stream";
        this.channel = "holdfast:" + cluster + ":events";
        this.watch = watch;
        this.feed = feed;
        this.text = text;
        this.claim = new RelayClaim(store, watch.self());
        this.news = store.watch(Keys.REDIS_RELAY, store.local(Keys.REDIS_RELAY).revision(), _ -> {
            if (!held) {
                wake.run();
            }
        });
        feed.onNews(() -> {
            if (held) {
                wake.run();
            }
        });
    }

    /** Has the loop of turns woken when there is something to do. */
    public void onNews(Runnable loop) {
        wake = loop;
    }

    /** Hands on what there is, if that falls to this agent; gives the pause until the next turn. */
    public Duration turn() {
        Duration left = Duration.ofNanos(notBeforeNanos - System.nanoTime());
        if (left.isPositive()) {
            return left;
        }
        boolean before = held;
        held = claim.hold();
        if (!held) {
            end = null;
            return BETWEEN;
        }
        if (System.nanoTime() - seenNanos > TRUSTED.toNanos()) {
            end = null;
        }
        if (!before) {
            LOG.info("Hands events on to the Redis {}, stream {}", relay.master(), stream);
        }
        try {
            boolean all = steps();
            succeeded();
            return all ? BETWEEN : Duration.ZERO;
        } catch (Failed e) {
            return failed(String.valueOf(e.getMessage()));
        }
    }

    /** True when all is there; else it goes on with the next turn. */
    private boolean steps() throws Failed {
        OptionalLong confirmed = OptionalLong.empty();
        for (int i = 0; i < STEPS; i++) {
            StreamId seen = end == null ? append("", false, List.of()) : end;
            end = seen;
            RelayStep step = RelayStep.of(seen, feed.first(), feed.last(), confirmed);
            confirmed = OptionalLong.empty();
            switch (step) {
                case RelayStep.Rest() -> {
                    return true;
                }
                case RelayStep.Confirm(long number) -> {
                    // The end of the stream may have been seen by another link, before a failover: it is asked anew.
                    end = append("", false, List.of());
                    confirmed = feed.confirmedLast(TO_CONFIRM);
                    if (confirmed.isEmpty()) {
                        throw new Failed("no majority confirms that there is no event " + number);
                    }
                }
                case RelayStep.Gap gap -> end = append(seen.toString(), gap.anew(), List.of(new Item(gap.id(),
                        RelayText.GAP, text.gap(gap.after(), gap.next(), gap.why()))));
                case RelayStep.Append(long after) -> {
                    List<Event> events = feed.after(after, TOGETHER);
                    if (!events.isEmpty() && events.getFirst().number() == after + 1) {
                        end = append(seen.toString(), false, events.stream()
                                .map(event -> new Item(StreamId.event(event.number()), event.type(), text.event(event)))
                                .toList());
                    }
                }
            }
        }
        return false;
    }

    /**
     * Appends and publishes where the stream ends as it should; gives the end that it then has.
     *
     * @param expected its last id; empty: it is only asked for
     */
    private StreamId append(String expected, boolean anew, List<Item> items) throws Failed {
        List<Object> words = new ArrayList<>(List.of(APPEND, 1, stream, expected, channel, relay.length(),
                anew ? "anew" : ""));
        items.forEach(item -> words.addAll(List.of(item.id(), item.type(), item.data())));
        Request request = RedisLink.command("EVAL", words.toArray());
        try {
            return switch (link().ask(ASK, request).getFirst()) {
                case Reply.Refused refused -> throw new Failed(refused.error());
                case Reply.Done done -> {
                    seenNanos = System.nanoTime();
                    yield StreamId.of(done.text());
                }
            };
        } catch (RedisLink.Silent e) {
            throw new Failed(String.valueOf(e.getMessage()));
        }
    }

    private RedisLink link() throws Failed {
        Optional<HostPort> master = watch.master(relay.master());
        if (master.isEmpty()) {
            throw new Failed("the Sentinels agree on no master");
        }
        RedisLink open = link;
        if (open == null || !open.address().equals(master.get())) {
            disconnect();
            open = watch.toInstance(master.get());
            link = open;
        }
        return open;
    }

    private void disconnect() {
        RedisLink old = link;
        link = null;
        if (old != null) {
            old.close();
        }
    }

    private void succeeded() {
        if (told) {
            LOG.info("Events are handed on to the Redis {} again", relay.master());
        }
        trouble = "";
        told = false;
    }

    private Duration failed(String why) {
        long now = System.nanoTime();
        troubleNanos = trouble.isEmpty() ? now : troubleNanos;
        trouble = why.isEmpty() ? "it does not answer" : why;
        // What came of the last question is not known, nor whether the next goes to the same Redis.
        end = null;
        Duration pause = AGAIN;
        if (now - troubleNanos > PATIENCE.toNanos()) {
            if (!told) {
                told = true;
                LOG.warn("HF-6010 events are not handed on to the Redis {}: {}. Hint: nothing is lost; it goes on where"
                        + " it was, and another agent tries meanwhile. See 'holdfast redis status'.",
                        relay.master(), trouble);
            }
            held = false;
            claim.giveUp();
            troubleNanos = now;
            pause = STANDS_BACK;
        }
        notBeforeNanos = now + pause.toNanos();
        return pause;
    }

    /** After the last turn: another agent goes on at once. */
    @Override
    public void close() {
        feed.onNews(() -> {});
        news.close();
        claim.giveUp();
        disconnect();
    }
}
