@NullMarked
package io.holdfast.backup.io;

import org.jspecify.annotations.NullMarked;
