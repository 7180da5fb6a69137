package io.holdfast.metrics;

import java.time.Duration;
import java.util.List;

/** Something that is measured at an interval of its own. */
public interface Probe {
    /** Letters and hyphens; no two probes have the same. */
    String name();

    /** The time from one run to the next. */
    Duration interval();

    /** How long a run may take before it is given up; what it reads after that counts for nothing. */
    Duration budget();

    /** All that it can measure. */
    List<Measure> measures();

    /**
     * One run, on a thread of its own, never two at once. It may block; when it is given up, its thread is interrupted.
     *
     * @param into takes what is read
     * @throws Exception when nothing can be read; what it had read before is no longer shown then
     */
    void run(Readings into) throws Exception;

    /** True when a run may hang in a call that no interrupt ends, such as one to a storage: it gets a thread of the system. */
    default boolean mayHang() {
        return false;
    }

    /** What a run does. */
    @FunctionalInterface
    interface Body {
        /** One run, see {@link Probe#run}. */
        void run(Readings into) throws Exception;
    }

    /**
     * One that is made of its parts.
     *
     * @param name see {@link Probe#name}
     * @param interval see {@link Probe#interval}
     * @param budget see {@link Probe#budget}
     * @param measures see {@link Probe#measures}
     * @param mayHang see {@link Probe#mayHang}
     * @param body see {@link Probe#run}
     */
    record Of(String name, Duration interval, Duration budget, List<Measure> measures, boolean mayHang,
            Body body) implements Probe {
        /** Takes an immutable copy. */
        public Of {
            measures = List.copyOf(measures);
        }

        /** One that an interrupt ends. */
        public Of(String name, Duration interval, Duration budget, List<Measure> measures, Body body) {
            this(name, interval, budget, measures, false, body);
        }

        @Override
        public void run(Readings into) throws Exception {
            body.run(into);
        }
    }
}
