@NullMarked
package io.holdfast.sessions.io;

import org.jspecify.annotations.NullMarked;
