package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.MemberName;

/**
 * What a primary asks that cannot renew its lease: promise that you are no primary and will not become one, from now on, for as long
 * as the failsafe record says.
 *
 * @param asker the primary
 * @param epoch its epoch
 * @param list the version of the failsafe record that it relies on
 */
public record Question(MemberName asker, Epoch epoch, long list) {}
