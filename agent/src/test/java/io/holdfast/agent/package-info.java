/** What an agent tells about itself, told by an agent in memory. */
@NullMarked
package io.holdfast.agent;

import org.jspecify.annotations.NullMarked;
