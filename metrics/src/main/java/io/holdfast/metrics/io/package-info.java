/**
 * How measurements leave the process, and where those of the process itself come from. Owns: PrometheusText, JvmProbe.
 * Never: keeps a measurement. May call: metrics.
 */
@NullMarked
package io.holdfast.metrics.io;

import org.jspecify.annotations.NullMarked;
