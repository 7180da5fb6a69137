/** The command line as a user meets it: output, error output, exit code. */
@NullMarked
package io.holdfast.agent.io.cli;

import org.jspecify.annotations.NullMarked;
