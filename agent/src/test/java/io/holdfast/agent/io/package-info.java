/** The servers and the loop, each for real, without a cluster behind them. */
@NullMarked
package io.holdfast.agent.io;

import org.jspecify.annotations.NullMarked;
