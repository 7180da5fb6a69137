/**
 * Decides who is primary. Owns: View, Action, Decision, SyncChange, Ancestry, the Postgres port.
 * Never: does IO, reads a clock. May call: statesync, config.
 * Invariant: nobody is promoted but the holder of the current epoch, whose lease this process had confirmed.
 */
@NullMarked
package io.holdfast.replication;

import org.jspecify.annotations.NullMarked;
