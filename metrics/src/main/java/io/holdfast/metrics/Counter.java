package io.holdfast.metrics;

import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;

/** Counts; any thread, never blocks. */
public final class Counter implements Instrument {
    private final DoubleAdder sum = new DoubleAdder();

    Counter() {}

    /** One more. */
    public void increment() {
        sum.add(1);
    }

    /** Adds an amount of zero or more; throws IllegalArgumentException for another. */
    public void add(double amount) {
        if (!(amount >= 0)) {
            throw new IllegalArgumentException("a counter does not take " + amount);
        }
        sum.add(amount);
    }

    /** What has been counted so far. */
    public double value() {
        return sum.sum();
    }

    @Override
    public List<Sample> samples(String name, Labels labels) {
        return List.of(new Sample(name, labels.values(), value()));
    }
}
