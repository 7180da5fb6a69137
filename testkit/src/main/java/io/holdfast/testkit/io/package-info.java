/**
 * Whole clusters as real processes, the ways to break them, and the clients that watch. Owns: namespaces, processes, faults.
 * Never: signals a process or touches a namespace that is not of its own lab. May call: the root package.
 * Invariant: when a lab is closed nothing of it is left: no process, no namespace, no mount, no directory.
 */
@NullMarked
package io.holdfast.testkit.io;

import org.jspecify.annotations.NullMarked;
