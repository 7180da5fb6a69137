/**
 * The shared state's effects. Owns: the embedded consensus, the records' JSON, the event log, the operations.
 * Never: decides about PostgreSQL or Redis. May call: statesync, config.
 * Invariant: what was reported as applied is on the disks of a majority.
 */
@NullMarked
package io.holdfast.statesync.io;

import org.jspecify.annotations.NullMarked;
