package io.holdfast.testkit.io;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** Clients that ask no Sentinel, one for each Redis: for how long did two of them acknowledge writes at the same time? */
final class RedisAcks implements AutoCloseable {
    private static final long SLOT_MILLIS = 200;
    private static final long PAUSE_MILLIS = 50;

    private final long beginNanos = System.nanoTime();
    private final List<Thread> threads = new ArrayList<>();
    /** For each Redis the times in which it acknowledged. */
    private final List<BitSet> slots = new ArrayList<>();
    private volatile boolean closing;

    RedisAcks(RedisTrio trio) {
        for (RedisNode node : trio.nodes()) {
            BitSet mine = new BitSet();
            slots.add(mine);
            threads.add(Thread.ofPlatform().daemon().name("acks of " + node.name()).start(() -> write(node, mine)));
        }
    }

    private void write(RedisNode node, BitSet mine) {
        while (!closing) {
            try (Jedis jedis = node.connect()) {
                while (!closing) {
                    jedis.set("acks", node.name());
                    synchronized (slots) {
                        mine.set((int) ((System.nanoTime() - beginNanos) / 1_000_000 / SLOT_MILLIS));
                    }
                    Thread.sleep(PAUSE_MILLIS);
                }
            } catch (JedisException e) {
                // A replica, or one that is down: it acknowledges nothing.
                pause();
            } catch (InterruptedException e) {
                closing = true;
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            closing = true;
        }
    }

    /** The longest time in which two acknowledged all along. */
    Duration longestOfTwo() {
        synchronized (slots) {
            BitSet two = new BitSet();
            for (int one = 0; one < slots.size(); one++) {
                for (int other = 0; other < one; other++) {
                    BitSet both = (BitSet) slots.get(one).clone();
                    both.and(slots.get(other));
                    two.or(both);
                }
            }
            int longest = 0;
            for (int from = two.nextSetBit(0); from >= 0; from = two.nextSetBit(two.nextClearBit(from))) {
                longest = Math.max(longest, two.nextClearBit(from) - from);
            }
            return Duration.ofMillis(longest * SLOT_MILLIS);
        }
    }

    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
    }
}
