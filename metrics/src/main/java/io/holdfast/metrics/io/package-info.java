/**
 * How measurements leave the process, how probes run, and what is measured of the process and its host. Owns: PrometheusText,
 * OpenMetricsText, Probes, JvmProbe, HostProbe, InfluxSink and its Spool. Never: keeps a measurement but on its way, makes a thread
 * but for the run of a probe. May call: metrics.
 * Invariant: a point that was offered arrives, is set aside with the server's reason, or is counted as dropped.
 */
@NullMarked
package io.holdfast.metrics.io;

import org.jspecify.annotations.NullMarked;
