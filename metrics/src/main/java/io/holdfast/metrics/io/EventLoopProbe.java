package io.holdfast.metrics.io;

import io.holdfast.metrics.Histogram;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/** How long the event loop takes to come to what it is asked to do: whatever blocks it shows here. */
public final class EventLoopProbe {
    private static final Measure DELAY = Measure.histogram("vertx_event_loop_delay_seconds",
            "How long a task waited for the event loop.");

    private final Executor loop;
    private final Histogram delay;

    /** Of an event loop, to which tasks can be given. */
    public EventLoopProbe(Executor loop, Registry registry) {
        this.loop = loop;
        this.delay = registry.seconds(DELAY);
    }

    /** All that it measures; the histogram is there all the time, a run reads nothing. */
    public static List<Measure> all() {
        return List.of(DELAY);
    }

    /** One run, see {@link io.holdfast.metrics.Probe#run}. */
    public void run(Readings into) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        long asked = System.nanoTime();
        loop.execute(() -> {
            delay.observe(Duration.ofNanos(System.nanoTime() - asked));
            done.countDown();
        });
        done.await();
    }
}
