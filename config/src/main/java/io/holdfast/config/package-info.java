/**
 * What an operator has written down. Owns: the settings' records, durations and sizes, secrets, the list of problems.
 * Never: reads files or the environment (that is {@code .io}), knows what the settings are for.
 * May call: nothing. Invariant: a {@code HoldfastConfig} that exists is valid as a whole.
 */
@NullMarked
package io.holdfast.config;

import org.jspecify.annotations.NullMarked;
