package io.holdfast.testkit;

import java.time.Duration;

/**
 * What a fault did to the writers.
 *
 * @param fault what was broken
 * @param gap the longest time between two acknowledgements in a row, from the last one before the fault on; to the end of the
 *     writing where none came any more
 * @param from who acknowledged before the gap, empty where nobody had
 * @param to who acknowledged after the gap, empty where nobody did
 */
public record Outage(String fault, Duration gap, String from, String to) {
    /** Whether somebody acknowledged again. */
    public boolean ended() {
        return !to.isEmpty();
    }
}
