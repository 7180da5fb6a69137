package io.holdfast.metrics;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A value that goes up and down; any thread, never blocks. */
public final class Gauge implements Instrument {
    private final AtomicLong bits = new AtomicLong(Double.doubleToRawLongBits(0));

    Gauge() {}

    /** Sets the value; NaN: not known. */
    public void set(double value) {
        bits.set(Double.doubleToRawLongBits(value));
    }

    /** Adds an amount, which may be negative. */
    public void add(double amount) {
        bits.updateAndGet(now -> Double.doubleToRawLongBits(Double.longBitsToDouble(now) + amount));
    }

    /** The value now. */
    public double value() {
        return Double.longBitsToDouble(bits.get());
    }

    @Override
    public List<Sample> samples(String name, Labels labels) {
        return List.of(new Sample(name, labels.values(), value()));
    }
}
