/** The demo's directory and its processes. */
@NullMarked
package io.holdfast.agent.io.demo;

import org.jspecify.annotations.NullMarked;
