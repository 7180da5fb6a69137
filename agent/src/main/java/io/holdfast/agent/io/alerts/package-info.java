/**
 * Alerts: who finds them, where they are written down, who tells whom. Owns: AlertKeeper, AlertBook, Postman, Receiver.
 * Never: decides by itself what fires or who tells ({@code metrics} does, without effects). May call: agent, all floors below.
 * Invariant: with a majority, nothing is told that was not written down before by the one who tells it.
 */
@NullMarked
package io.holdfast.agent.io.alerts;

import org.jspecify.annotations.NullMarked;
