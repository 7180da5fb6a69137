@NullMarked
package io.holdfast.replication.redis;

import org.jspecify.annotations.NullMarked;
