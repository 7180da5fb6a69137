@NullMarked
package io.holdfast.statesync;

import org.jspecify.annotations.NullMarked;
