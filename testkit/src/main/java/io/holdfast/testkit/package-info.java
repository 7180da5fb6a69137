/**
 * What a test asks of a whole cluster, and what an ordinary client saw. Owns: LabSpec, Ack, Report, ClusterStatus.
 * Never: starts, stops or breaks anything (that is {@code .io}), reads a clock. May call: nothing of ours.
 * Invariant: a {@code Report} never excuses: what it cannot prove harmless it lists.
 */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
