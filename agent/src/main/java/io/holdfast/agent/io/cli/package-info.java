/**
 * The command line. Owns: the verbs, their help, exit codes, the client of the local socket.
 * Never: loads Vert.x, the consensus or the logging for a verb that only asks an agent. May call: everything.
 * Invariant: a failure is an HF message on standard error and one of the documented exit codes.
 */
@NullMarked
package io.holdfast.agent.io.cli;

import org.jspecify.annotations.NullMarked;
