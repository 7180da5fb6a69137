@NullMarked
package io.holdfast.replication.redis.io;

import org.jspecify.annotations.NullMarked;
