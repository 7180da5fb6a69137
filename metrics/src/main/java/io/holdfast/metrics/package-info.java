/**
 * What is measured. Owns: Registry, its counters, gauges and histograms, Metric, Sample.
 * Never: does IO, reads a clock, takes a lock on the way of a measurement. May call: nothing.
 * Invariant: what {@code collect} gives is well-formed for Prometheus, whoever registered it.
 */
@NullMarked
package io.holdfast.metrics;

import org.jspecify.annotations.NullMarked;
