/**
 * The demo: a whole cluster in one directory on loopback. Owns: its directory, its ports, its processes.
 * Never: touches a process or a directory that it did not start or make. May call: config, the command line's client.
 * Invariant: when a demo that was not detached ends, none of its processes is left.
 */
@NullMarked
package io.holdfast.agent.io.demo;

import org.jspecify.annotations.NullMarked;
