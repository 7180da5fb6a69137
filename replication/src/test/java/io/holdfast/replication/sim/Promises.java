package io.holdfast.replication.sim;

import io.holdfast.statesync.Epoch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What Holdfast promises, checked at every promotion and at every acknowledgement. */
final class Promises {
    private final SimWorld world;
    private final Map<Integer, Long> acknowledged = new HashMap<>();
    private final Map<Long, SimPostgres> promotedIn = new HashMap<>();
    private long latest;
    private long latestAcknowledging;
    final List<String> violations = new ArrayList<>();
    long lastAcknowledgement;

    Promises(SimWorld world) {
        this.world = world;
    }

    void broken(String format, Object... args) {
        String text = String.format(Locale.ROOT, format, args);
        world.story("BROKEN %s", text);
        violations.add(text);
    }

    /** True once the cluster was made, and faults begin. */
    boolean hasBegun() {
        return world.counts.faults > 0;
    }

    /** P2: whatever was acknowledged is on every later primary. */
    void promoted(SimPostgres primary, Epoch epoch) {
        world.counts.takeovers += hasBegun() ? 1 : 0;
        world.story("%s is promoted in epoch %s at %d", primary.id(), epoch, primary.wal.length());
        if (!world.asynchronous()) {
            for (Map.Entry<Integer, Long> commit : acknowledged.entrySet()) {
                if (commit.getValue() < epoch.number() && !primary.wal.contains(commit.getKey())) {
                    broken("P2: commit %d, acknowledged in epoch %d, is not on %s, promoted in epoch %s",
                            commit.getKey(),
                            commit.getValue(), primary.id(), epoch);
                    break;
                }
            }
        }
        SimPostgres other = promotedIn.put(epoch.number(), primary);
        if (other != null && other != primary) {
            broken("P1: %s and %s were both promoted in epoch %s", other.id(), primary.id(), epoch);
        }
        latest = Math.max(latest, epoch.number());
    }

    /** P1: nobody acknowledges what a later primary lacks; in async nobody does after a later one has, but a thawed host. */
    void acknowledged(SimPostgres primary, int commit) {
        long epoch = primary.wal.timelineEpoch();
        acknowledged.put(commit, epoch);
        lastAcknowledgement = world.now;
        world.counts.commits++;
        if (epoch < latest && !world.asynchronous()) {
            promotedIn.forEach((later, other) -> {
                if (later > epoch && other != primary && other.wal.timelineEpoch() == later
                        && !other.wal.contains(commit)) {
                    broken("P1: %s acknowledges commit %d in epoch %d, %s of epoch %d lacks it", primary.id(), commit,
                            epoch,
                            other.id(), later);
                }
            });
        }
        if (world.asynchronous() && epoch < latestAcknowledging && !world.thawedLately(primary.index)) {
            broken("P1: %s acknowledges in epoch %d after a primary of epoch %d did", primary.id(), epoch,
                    latestAcknowledging);
        }
        latestAcknowledging = Math.max(latestAcknowledging, epoch);
    }
}
