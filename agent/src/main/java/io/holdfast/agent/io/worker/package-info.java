/**
 * The worker: the process that moves data for an agent, and the agent's side of it. An agent hands it work as lines of JSON on
 * its standard input and hears of it on its standard output, so that the worker ends when its agent does, and keys that are
 * handed over are never in a file, an argument or the environment.
 */
@NullMarked
package io.holdfast.agent.io.worker;

import org.jspecify.annotations.NullMarked;
