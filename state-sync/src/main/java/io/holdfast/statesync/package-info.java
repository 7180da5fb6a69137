/**
 * The agents' shared state. Owns: the store's port and its in-memory twin, the shared words, the cluster's records.
 * Never: decides about PostgreSQL or Redis, reads a wall clock, does IO (that is {@code .io}).
 * May call: config. Invariant: a record changes only by a transaction that compared the version that was read.
 */
@NullMarked
package io.holdfast.statesync;

import org.jspecify.annotations.NullMarked;
