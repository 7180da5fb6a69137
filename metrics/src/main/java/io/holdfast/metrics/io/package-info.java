/**
 * How measurements leave the process, and where those of the process itself come from. Owns: PrometheusText, JvmProbe, InfluxSink
 * and its Spool. Never: keeps a measurement but on its way, makes a thread of its own. May call: metrics.
 * Invariant: a point that was offered arrives, is set aside with the server's reason, or is counted as dropped.
 */
@NullMarked
package io.holdfast.metrics.io;

import org.jspecify.annotations.NullMarked;
