/**
 * Where logins touch the world. Owns: hashing, sealing, users and sessions in the store, the files of the audit log.
 * Never: decides who may do what; keeps a password, a token or a secret in the clear.
 * May call: its root package, statesync, config. Invariant: a proof is accepted in the transaction that makes the session.
 */
@NullMarked
package io.holdfast.sessions.io;

import org.jspecify.annotations.NullMarked;
