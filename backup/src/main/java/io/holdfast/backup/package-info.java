/**
 * What is kept in a repository, and what may be done with it. Owns: the Repository port, names and layout, manifests.
 * Never: does IO, reads a clock, knows of replication: who is primary it learns from the shared state.
 * May call: statesync, config. Invariant: an object that is in a repository never changes.
 */
@NullMarked
package io.holdfast.backup;

import org.jspecify.annotations.NullMarked;
