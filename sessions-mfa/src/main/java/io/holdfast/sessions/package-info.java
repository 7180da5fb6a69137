/**
 * Who may do what, and what proves it. Owns: Role, Permission, User, LoginFlow, Session, Gate, Approval, AuditRecord.
 * Never: does IO, reads a clock, makes randomness. May call: statesync, config.
 * Invariant: what is dangerous happens once for each code that was entered for exactly that.
 */
@NullMarked
package io.holdfast.sessions;

import org.jspecify.annotations.NullMarked;
