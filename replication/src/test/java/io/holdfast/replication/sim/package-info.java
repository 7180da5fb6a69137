/**
 * A whole cluster in one thread: simulated clocks, network, store and PostgreSQL, driven by one seed. The decisions, the
 * runner of actions and the keeper of the lease are the product's own.
 */
@NullMarked
package io.holdfast.replication.sim;

import org.jspecify.annotations.NullMarked;
