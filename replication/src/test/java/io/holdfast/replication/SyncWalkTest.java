package io.holdfast.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * A primary whose standbys come and go, whose settings change, whose agent starts anew, whose requests of the store get lost
 * or arrive late: whoever the record lets take over has all that was acknowledged. The setting that counts is the worst of
 * those that can be in effect between a reload and the confirmation.
 */
class SyncWalkTest {
    private static final int STEPS = 400;
    private static final List<MemberId> STANDBYS = List.of(MemberId.of("b", "1"), MemberId.of("c", "1"),
            MemberId.of("d", "1"));

    /** A request of the store that nobody confirmed, and that may be applied yet. */
    private record Late(SyncSet set, long compared) {}

    /** One walk. */
    private static final class Walk {
        private final Random random;
        private final boolean careless;
        private final Map<MemberId, Long> flushed = new TreeMap<>();
        private final Set<MemberId> streaming = new TreeSet<>();
        private final Set<SyncSet> inEffect = new HashSet<>(Set.of(SyncSet.EMPTY));
        private final List<Late> late = new ArrayList<>();
        private final List<String> story = new ArrayList<>();
        private Versioned<SyncSet> record = new Versioned<>(SyncSet.EMPTY, 1);
        private SyncSet running = SyncSet.EMPTY;
        private Memory memory = Memory.NOTHING;
        private String settings = "settings";
        private long revision = 1;
        private long now = ViewReader.NOW;
        private long written = 1;
        private long acknowledged;
        private int recorded;

        /** With a seed; careless: it takes every setting for confirmed at once. */
        Walk(long seed, boolean careless) {
            this.random = new Random(seed);
            this.careless = careless;
            STANDBYS.forEach(standby -> flushed.put(standby, 0L));
        }

        /** Walks; null when no moment was lossy. */
        @Nullable
        String go() {
            for (int step = 0; step < STEPS; step++) {
                happen();
                acknowledge();
                turn();
                acknowledge();
                if (isLossy()) {
                    return "record " + record + " misses " + acknowledged + " of " + flushed + "\n"
                            + String.join("\n", story);
                }
            }
            return null;
        }

        private void happen() {
            MemberId standby = STANDBYS.get(random.nextInt(STANDBYS.size()));
            switch (random.nextInt(12)) {
                case 0 -> streaming.remove(standby);
                case 1, 2 -> streaming.add(standby);
                case 3 -> now += random.nextInt(2_500);
                case 4 -> memory = random.nextInt(8) == 0 ? Memory.NOTHING : memory;
                case 5 -> settings = random.nextInt(6) == 0 ? anySettings() : settings;
                case 6 -> arrive();
                case 7, 8 -> written++;
                default -> {
                    if (streaming.contains(standby)) {
                        flushed.merge(standby, random.nextLong(written + 1), Math::max);
                    }
                }
            }
        }

        private String anySettings() {
            return "settings acks=" + (1 + random.nextInt(3)) + (random.nextInt(5) == 0 ? " async" : "")
                    + (random.nextInt(3) == 0 ? " when-alone=wait" : "");
        }

        private void arrive() {
            if (!late.isEmpty()) {
                apply(late.remove(random.nextInt(late.size())));
            }
        }

        private boolean apply(Late request) {
            boolean applies = request.compared() == record.version();
            if (applies) {
                record = new Versioned<>(request.set(), ++revision);
                recorded++;
            }
            return applies;
        }

        /** Whatever can be acknowledged under a setting that can be in effect is. */
        private void acknowledge() {
            for (SyncSet set : inEffect) {
                List<Long> positions = set.members().stream().map(flushed::get).sorted().toList().reversed();
                acknowledged = Math.max(acknowledged, set.isEmpty() ? written : positions.get(set.acks() - 1));
            }
        }

        private void turn() {
            View view = view();
            memory = memory.seen(now, view.cluster(), view.postgres());
            Action action = Decision.decide(new View(now, view.at(), view.self(), view.clusterName(), view.fresh(),
                    view.postgres(), view.cluster(), view.hold(), true, memory, view.pledge(), Supplies.NONE));
            story.add(record + " runs " + running + ", streaming " + streaming + " at " + flushed + " of " + written
                    + ": "
                    + ActionText.of(action));
            memory = memory.after(action, run(action), now);
            now += 10;
        }

        private Effect run(Action action) {
            return switch (action) {
                case Action.SetSync set -> {
                    running = set.set();
                    inEffect.add(running);
                    yield new Effect.Done();
                }
                case Action.ConfirmSync confirm -> {
                    inEffect.retainAll(Set.of(running));
                    yield new Effect.Noted(new Lsn(careless ? 0 : written));
                }
                case Action.RecordSync sync -> store(new Late(sync.set(), sync.compared()));
                default -> new Effect.Done();
            };
        }

        private Effect store(Late request) {
            int luck = random.nextInt(10);
            if (luck == 0) {
                late.add(request);
                return new Effect.Unknown("no answer");
            }
            boolean applied = apply(request);
            return luck == 1
                    ? new Effect.Unknown("no answer")
                    : applied ? new Effect.Stored(record.version()) : new Effect.Conflicted("another was first");
        }

        private View view() {
            StringBuilder self = new StringBuilder("self a: primary on=2/1 at=" + new Lsn(written));
            for (MemberId standby : STANDBYS) {
                self.append(" %s:%s%s".formatted(standby.name(), new Lsn(flushed.getOrDefault(standby, 0L)),
                        streaming.contains(standby) ? "" : ":behind"));
            }
            View read = ViewReader.read(List.of(self.toString(), "leader a/1", "hold 1 for=9999999", settings,
                    "b: standby attached/1", "c: standby attached/1", "d: standby attached/1",
                    "history 1 a timeline=2"));
            ClusterState c = read.cluster();
            ClusterState cluster = new ClusterState(revision, c.cluster(), c.settings(), c.leadership(), c.leaseAlive(),
                    c.position(), record, c.failsafe(), c.attachments(), c.history(), c.members(), c.statuses(),
                    c.suspicions(), c.requests(), c.measured());
            LocalPostgres.Primary p = (LocalPostgres.Primary) read.postgres();
            return new View(now, read.at(), read.self(), read.clusterName(), read.fresh(),
                    new LocalPostgres.Primary(p.directory(), p.timeline(), p.flushed(), running, p.links(), p.slots(),
                            p.switches(), true),
                    cluster, new Hold(cluster.epoch(), Long.MAX_VALUE), true, memory, read.pledge(), Supplies.NONE);
        }

        /** As many as may take over lack something that was acknowledged. */
        private boolean isLossy() {
            SyncSet set = record.value();
            long lacking = set.members().stream().filter(m -> flushed.getOrDefault(m, 0L) < acknowledged).count();
            return !set.isEmpty() && lacking >= set.quorumToSever();
        }
    }

    @Property(tries = 100)
    void whoeverMayTakeOverHasAllThatWasAcknowledged(@ForAll long seed) {
        Walk walk = new Walk(seed, false);
        assertEquals(null, walk.go());
    }

    @Example
    void walksChangeTheRecord() {
        int changed = 0;
        for (long seed = 0; seed < 50; seed++) {
            Walk walk = new Walk(seed, false);
            walk.go();
            changed += walk.recorded > 0 ? 1 : 0;
        }
        assertTrue(changed > 40, changed + " of 50 walks changed something");
    }

    @Example
    void aRecordThatDoesNotWaitForTheFlushIsFoundLossy() {
        boolean found = false;
        for (long seed = 0; seed < 200 && !found; seed++) {
            found = new Walk(seed, true).go() != null;
        }
        assertTrue(found);
    }
}
