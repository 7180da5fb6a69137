package io.holdfast.metrics.io;

import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Probe;
import io.holdfast.metrics.ProbeTimes;
import io.holdfast.metrics.ProbeTimes.Step;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs probes, each on a thread of its own, one at a time each. What a run has read replaces what the one before had; a run that
 * fails or is given up leaves nothing, so that no old value is taken for a new one.
 */
public final class Probes implements AutoCloseable {
    private static final Measure RUNS = Measure.counter("holdfast_probe_runs_total",
            "Runs of a probe that were due, by what became of them: ok, failed, given-up (over its budget), skipped (another was"
                    + " going on).",
            "probe", "outcome");
    private static final Measure DURATION = Measure.gauge("holdfast_probe_duration_seconds",
            "How long the last run of a probe took that ended well.", "probe");
    private static final Measure DROPPED = Measure.counter("holdfast_probe_dropped_values_total",
            "Values left out because a metric had too many sets of labels.", "probe");
    private static final List<String> OUTCOMES = List.of("ok", "failed", "given-up", "skipped");
    /** No two probes begin in the same instant. */
    private static final long APART_MILLIS = 37;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Registry registry;
    private final LongSupplier nowMillis;
    private final News news;
    private final List<Entry> entries = new ArrayList<>();
    private boolean closed;

    /** Hears what becomes of probes; on any thread, must not block. */
    public interface News {
        /** A probe fails, and did not before. */
        void fails(String probe, String why, @Nullable Exception cause);

        /** It reads again. */
        void reads(String probe);
    }

    /**
     * Of an agent; nothing runs before the first turn.
     *
     * @param nowMillis a monotonic clock
     * @param first after which time the first probe runs, so that a process that begins has nothing else to do by then
     */
    public Probes(Registry registry, List<Probe> probes, LongSupplier nowMillis, Duration first, News news) {
        this.registry = registry;
        this.nowMillis = nowMillis;
        this.news = news;
        Set<String> names = new HashSet<>();
        for (Probe probe : probes) {
            if (!names.add(probe.name())) {
                throw new IllegalArgumentException("two probes are called " + probe.name());
            }
            entries.add(new Entry(probe, ProbeTimes.first(probe.interval(), probe.budget(),
                    nowMillis.getAsLong() + first.toMillis() + entries.size() * APART_MILLIS)));
            // From nought: of a counter that begins with its first failure nobody sees that it grew.
            OUTCOMES.forEach(outcome -> registry.counter(RUNS, probe.name(), outcome));
        }
    }

    /** What this measures of the probes themselves. */
    public static List<Measure> measures() {
        return List.of(RUNS, DURATION, DROPPED);
    }

    /** Begins what is due, gives up what takes too long; never waits. Gives the pause until there is something to do again. */
    public Duration turn() {
        long now = nowMillis.getAsLong();
        long next = now + LONGEST_PAUSE.toMillis();
        synchronized (entries) {
            if (closed) {
                return LONGEST_PAUSE;
            }
            for (Entry entry : entries) {
                Step step = entry.times.at(now);
                entry.times = step.next();
                if (step.skipped() > 0) {
                    registry.counter(RUNS, entry.probe.name(), "skipped").add((double) step.skipped());
                }
                switch (step) {
                    case Step.Rest _ -> {
                        // Until it is due.
                    }
                    case Step.Begin _ -> begin(entry);
                    case Step.GiveUp _ -> giveUp(entry);
                }
                next = Math.min(next, entry.times.nextMillis());
            }
        }
        return Duration.ofMillis(Math.max(1, next - now));
    }

    private void begin(Entry entry) {
        String name = "probe " + entry.probe.name();
        Thread.Builder thread = entry.probe.mayHang()
                ? Thread.ofPlatform().daemon().name(name)
                : Thread.ofVirtual().name(name);
        entry.thread = thread.start(() -> run(entry));
    }

    private void run(Entry entry) {
        Readings readings = new Readings();
        long begun = System.nanoTime();
        Exception failure = null;
        try {
            entry.probe.run(readings);
            for (Measure measure : readings.measures()) {
                if (!entry.declared.contains(measure)) {
                    throw new IllegalStateException(measure.metric().name() + " is not declared");
                }
            }
        } catch (Exception e) {
            failure = e;
        } catch (Error e) { // A library that is not there must not end the probe in silence.
            failure = new IllegalStateException(e);
        }
        ended(entry, readings, (System.nanoTime() - begun) / 1e9, failure);
    }

    private void ended(Entry entry, Readings readings, double seconds, @Nullable Exception failure) {
        String name = entry.probe.name();
        synchronized (entries) {
            boolean givenUp = entry.times.phase() == ProbeTimes.Phase.HANGS;
            if (closed) {
                return;
            }
            entry.times = entry.times.ended();
            entry.thread = null;
            if (givenUp) {
                return;
            }
            if (failure != null) {
                failed(entry, "failed", String.valueOf(failure.getMessage()), failure);
                return;
            }
            registry.show(name, readings.families());
        }
        registry.counter(RUNS, name, "ok").increment();
        registry.counter(DROPPED, name).add((double) readings.dropped());
        registry.gauge(DURATION, name).set(seconds);
        if (entry.failing) {
            entry.failing = false;
            news.reads(name);
        }
    }

    private void giveUp(Entry entry) {
        Thread running = entry.thread;
        if (running != null) {
            running.interrupt();
        }
        failed(entry, "given-up", "no end within " + entry.probe.budget().toMillis() + " ms", null);
    }

    private void failed(Entry entry, String outcome, String why, @Nullable Exception cause) {
        String name = entry.probe.name();
        registry.show(name, List.of());
        registry.counter(RUNS, name, outcome).increment();
        if (!entry.failing) {
            entry.failing = true;
            news.fails(name, why, cause);
        }
    }

    /** Begins nothing more, interrupts what runs, and shows nothing of it. */
    @Override
    public void close() {
        synchronized (entries) {
            closed = true;
            for (Entry entry : entries) {
                Thread running = entry.thread;
                if (running != null) {
                    running.interrupt();
                }
                registry.show(entry.probe.name(), List.of());
            }
        }
    }

    /** A probe and what goes on with it; guarded by the list of all. */
    private static final class Entry {
        private final Probe probe;
        private final Set<Measure> declared;
        private ProbeTimes times;
        private @Nullable Thread thread;
        private volatile boolean failing;

        Entry(Probe probe, ProbeTimes times) {
            this.probe = probe;
            this.declared = Set.copyOf(probe.measures());
            this.times = times;
        }
    }
}
