package io.holdfast.replication.sim;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HistoryEntry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.Versioned;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What Holdfast promises, checked at every promotion and at every acknowledgement. */
final class Promises {
    private final SimWorld world;
    private final Map<Integer, Long> acknowledged = new HashMap<>();
    private final Map<Long, SimPostgres> promotedIn = new HashMap<>();
    private long latest;
    private long latestAcknowledging;
    private long restoredIn;
    /** What was acknowledged once, and is not in what an operator has restored. */
    private final Set<Integer> givenUp = new HashSet<>();
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

    /** Nobody takes writes while a member's files are overwritten; a host that stood still may for a moment, and nobody counts that. */
    void restores(SimPostgres member) {
        world.members.forEach(m -> {
            if (m.hostUp && m.postgres.takesWrites() && !world.standsStill(m.index) && !world.thawedLately(m.index)) {
                broken("a restore overwrites %s while %s takes writes", member.id(), m.postgres.id());
            }
        });
    }

    boolean isOverwriting() {
        Entry record = world.store.local(Keys.RESTORE).entries().get(Keys.RESTORE);
        return record != null
                && world.json.read(record, Restoring.class).value().phase() == Restoring.Phase.OVERWRITING;
    }

    /** P2: no number of a timeline means two things. */
    void makes(int timelineId, SimPostgres member) {
        boolean known = world.truth()
                .history()
                .values()
                .stream()
                .map(e -> e.value().timelineId())
                .anyMatch(id -> id != null && id == timelineId);
        if (known) {
            broken("P2: the restore of %s makes timeline %d, which another has made", member.id(), timelineId);
        }
    }

    /** What a restore gives up is given up on purpose, once its member is the primary; and it does not come back by itself. */
    private void giveUp(SimPostgres primary, Epoch epoch) {
        Versioned<HistoryEntry> entry = world.truth().history().get(epoch);
        if (entry != null && entry.value().restored() && restoredIn < epoch.number()) {
            restoredIn = epoch.number();
            world.counts.restores++;
            givenUp.addAll(acknowledged.keySet());
            givenUp.removeIf(primary.wal::contains);
            acknowledged.keySet().removeAll(givenUp);
        } else if (isOverwriting() && !world.thawedLately(primary.index)) {
            broken("%s is promoted in epoch %s while the cluster is restored", primary.id(), epoch);
        }
        if (entry != null && entry.value().why().startsWith("forced by")) {
            restoredIn = 0;
            givenUp.clear();
        }
        givenUp.stream()
                .filter(primary.wal::contains)
                .findAny()
                .ifPresent(commit -> broken(
                        "commit %d, which the restore of epoch %d gave up, is back on %s, promoted in epoch %s", commit,
                        restoredIn, primary.id(), epoch));
    }

    /** P2: whatever was acknowledged is on every later primary. */
    void promoted(SimPostgres primary, Epoch epoch) {
        giveUp(primary, epoch);
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
        if (isOverwriting() && !world.thawedLately(primary.index)) {
            broken("%s acknowledges commit %d while the cluster is restored", primary.id(), commit);
        }
        boolean isLate = epoch < restoredIn;
        if (isLate && !world.thawedLately(primary.index)) {
            broken("P1: %s acknowledges commit %d in epoch %d, after the cluster was restored in epoch %d",
                    primary.id(), commit, epoch, restoredIn);
        }
        if (isLate) {
            acknowledged.remove(commit);
        } else if (epoch < latest && !world.asynchronous()) {
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
