package io.holdfast.metrics;

import java.util.List;
import java.util.function.DoubleSupplier;

/** What takes a measurement. */
sealed interface Instrument permits Counter, Gauge, Histogram, Instrument.Reading {

    /** The values now. */
    List<Sample> samples(String name, Labels labels);

    /**
     * A value that is read when it is asked for.
     *
     * @param source gives the value; NaN: not known now, and the sample is left out
     */
    record Reading(DoubleSupplier source) implements Instrument {
        @Override
        public List<Sample> samples(String name, Labels labels) {
            double value = source.getAsDouble();
            return Double.isNaN(value) ? List.of() : List.of(new Sample(name, labels.values(), value));
        }
    }
}
