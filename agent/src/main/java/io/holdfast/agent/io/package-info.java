/**
 * The agent as a process. Owns: Wiring, TurnLoop, LocalApi, HealthServer, logging, the change of user.
 * Never: decides; only serves and drives what the floors below decide. May call: everything.
 * Invariant: each verticle and each loop is started in Wiring, and nowhere else.
 */
@NullMarked
package io.holdfast.agent.io;

import org.jspecify.annotations.NullMarked;
