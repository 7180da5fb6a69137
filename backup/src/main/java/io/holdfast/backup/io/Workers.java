package io.holdfast.backup.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Does one thing to many items with a fixed number of threads of the platform: what they do is work, not waiting. */
public final class Workers {
    /** Each needs some megabytes, and so many compress more than disks and networks take. */
    private static final int MOST = 8;

    private Workers() {}

    /** How many threads are enough for bulk work on this machine: one for each processor, and one that waits for a disk. */
    public static int threads() {
        return Math.min(MOST, Runtime.getRuntime().availableProcessors() + 1);
    }

    /** What is done to an item. */
    interface Work<T> {
        void on(T item) throws IOException;
    }

    /** Returns when all is done; after the first failure nothing new is begun, and that failure is thrown. */
    static <T> void each(int threads, List<T> items, Work<? super T> work) throws IOException {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Runnable loop = () -> {
            for (int i = next.getAndIncrement(); i < items.size() && failure.get() == null; i = next
                    .getAndIncrement()) {
                try {
                    work.on(items.get(i));
                } catch (IOException | RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                }
            }
        };
        List<Thread> started = new ArrayList<>();
        for (int i = 0; i < Math.min(threads, items.size()); i++) {
            started.add(Thread.ofPlatform().name("restore-" + i).start(loop));
        }
        join(started);
        switch (failure.get()) {
            case null -> {
            }
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private static void join(List<Thread> threads) throws IOException {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            threads.forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
