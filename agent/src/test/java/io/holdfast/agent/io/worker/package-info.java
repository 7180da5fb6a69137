/** Tests of the worker and of the agent's side of it. */
@NullMarked
package io.holdfast.agent.io.worker;

import org.jspecify.annotations.NullMarked;
