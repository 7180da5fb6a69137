/**
 * Whole clusters of real processes, broken on purpose. Owns: what an operator may rely on, in the words of the command line.
 * Never: looks into an agent; what a client, a script or a person cannot see is not tested here. May call: testkit.
 */
@NullMarked
package io.holdfast.agent.e2e;

import org.jspecify.annotations.NullMarked;
