/**
 * What is wrong with a Redis that Sentinel watches, and what to do about it. Owns: SentinelView, Findings, SentinelAdvice,
 * FailoverPlan. Never: does IO, reads a clock, does what Sentinel does by itself. May call: statesync, config.
 * Invariant: at most one action at a time, and none but in the mode {@code act}.
 */
@NullMarked
package io.holdfast.replication.redis;

import org.jspecify.annotations.NullMarked;
