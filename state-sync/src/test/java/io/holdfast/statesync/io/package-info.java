@NullMarked
package io.holdfast.statesync.io;

import org.jspecify.annotations.NullMarked;
