@NullMarked
package io.holdfast.backup;

import org.jspecify.annotations.NullMarked;
