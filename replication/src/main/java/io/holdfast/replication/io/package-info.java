/**
 * What touches the world for replication: reads PostgreSQL and the store, carries actions out, keeps the lease.
 * Never: decides. May call: its root package, statesync, config, Vert.x.
 * Invariant: one action a turn, each bounded in time.
 */
@NullMarked
package io.holdfast.replication.io;

import org.jspecify.annotations.NullMarked;
