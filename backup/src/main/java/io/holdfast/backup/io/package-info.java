/**
 * What moves the data of backups. Owns: the repositories' adapters, sealing and opening, keys.
 * Never: decides what is kept; runs in the agent's own process. May call: its root package, statesync, config.
 * Invariant: what was reported as stored is on disk, whole, under a name that nothing overwrites.
 */
@NullMarked
package io.holdfast.backup.io;

import org.jspecify.annotations.NullMarked;
