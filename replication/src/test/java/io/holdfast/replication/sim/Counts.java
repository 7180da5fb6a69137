package io.holdfast.replication.sim;

import io.holdfast.replication.Action;
import java.util.Map;
import java.util.TreeMap;

/** What a history had in it. */
final class Counts {
    int takeovers;
    int rejoins;
    int syncChanges;
    int faults;
    int commits;
    /** How often a primary went on by the promises of all others. */
    int failsafe;
    /** How often the whole cluster was restored. */
    int restores;
    /** How often a member was made of a backup. */
    int copies;
    final Map<String, Integer> actions = new TreeMap<>();

    void stored(Action action) {
        if (action instanceof Action.RecordSync) {
            syncChanges++;
        }
    }
}
