/**
 * Asks Redis and the Sentinels, tells the other agents what was seen, and carries out what was decided.
 * Never: decides, waits without a bound. May call: its root package, statesync, config, Vert.x and its Redis client.
 * Invariant: an action is done by the one agent that wrote it into the shared state, and by nobody in the mode observe.
 */
@NullMarked
package io.holdfast.replication.redis.io;

import org.jspecify.annotations.NullMarked;
