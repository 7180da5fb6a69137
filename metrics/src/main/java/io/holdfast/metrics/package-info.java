/**
 * What is measured, and by what of it people are told. Owns: Registry, its instruments, Metric, Measure, Sample; Probe and when
 * it runs; Point, the same for InfluxDB; AlertRule, Alert, AlertRound, Told.
 * Never: does IO, reads a clock, takes a lock on the way of a measurement. May call: nothing.
 * Invariant: what {@code collect} gives is well-formed for Prometheus, and each Point's line for InfluxDB,
 * whoever registered it.
 */
@NullMarked
package io.holdfast.metrics;

import org.jspecify.annotations.NullMarked;
