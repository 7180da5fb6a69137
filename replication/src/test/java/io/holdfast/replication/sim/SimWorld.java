package io.holdfast.replication.sim;

import io.holdfast.config.Approvals;
import io.holdfast.config.ClusterSettings;
import io.holdfast.config.Durability;
import io.holdfast.config.RestartInPlace;
import io.holdfast.config.SlotSettings;
import io.holdfast.config.WhenAlone;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Time, chance, network and store of one history. */
final class SimWorld {
    private record Event(long at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private static final List<MemberName> NAMES = List.of(new MemberName("a"), new MemberName("b"),
            new MemberName("c"), new MemberName("d"));

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Random random;
    private long order;
    long now;
    boolean storeUp = true;
    boolean slow;
    boolean telling;
    /** What can be restored, and up to where an operator wants it. */
    final SimWal archive = new SimWal();
    int target;
    /** Whose disk alone has what the first primary is to be made of; -1: initdb makes it, on whichever. */
    final int origin;
    /** Whether members that are to be cloned have a key, by which they are made of backups. */
    final boolean keys;
    int nextCommit = 1;
    int nextIncarnation = 1;
    int nextRequest = 1;
    final Mutation mutation;
    final ClusterSettings settings;
    final MemoryStateStore store;
    final ClusterJson json;
    final List<SimMember> members = new ArrayList<>();
    final boolean[][] cut;
    final boolean[][] wireCut;
    /** Whose answers to the question whether they are there get lost. */
    final boolean[] mute;
    /** Who reaches no majority of the store, though it reaches every other agent. */
    final boolean[] deaf;
    /** How likely it is that something goes wrong right after an action: the window that a broken rule leaves open. */
    double ambush;
    /** While faults may happen. */
    boolean striking;
    final long[] thawedAt;
    final List<String> story = new ArrayList<>();
    final Promises promises = new Promises(this);
    final Counts counts = new Counts();

    SimWorld(long seed, Mutation mutation) {
        this.random = new Random(seed * 0x9E3779B97F4A7C15L + 17);
        this.mutation = mutation;
        int size = chance(0.6) ? 3 : 4;
        this.origin = seed % 6 == 1 ? (int) (seed / 6 % size) : -1;
        this.keys = seed % 3 == 2;
        int acks = chance(0.35) ? 2 : 1;
        boolean failsafe = seed % 5 == 0;
        Durability drawn = chance(0.75) ? Durability.QUORUM : Durability.ASYNC;
        // Where the sync set decides who takes over, a promise that is not kept does no harm.
        this.settings = new ClusterSettings(failsafe && seed % 10 == 0 ? Durability.ASYNC : drawn, acks,
                Duration.ofSeconds(5),
                Duration.ofMillis(600), Duration.ofSeconds(failsafe && seed % 10 == 0 ? 0 : 2), 30,
                chance(0.8) ? WhenAlone.CONTINUE : WhenAlone.WAIT,
                Duration.ofSeconds(30), seed % 4 == 0 ? RestartInPlace.NEVER : RestartInPlace.AUTO, failsafe,
                Map.of(),
                SlotSettings.DEFAULTS, Approvals.NONE, Map.of());
        this.store = new MemoryStateStore(() -> now * 1_000_000L);
        this.json = new ClusterJson(text -> settings);
        this.cut = new boolean[size][size];
        this.wireCut = new boolean[size][size];
        this.thawedAt = new long[size];
        this.mute = new boolean[size];
        this.deaf = new boolean[size];
        store.commit(Txn.when().put(Keys.SETTINGS, "{}").build(), Duration.ZERO);
        for (int i = 0; i < size; i++) {
            members.add(new SimMember(this, i));
            store.commit(Txn.when()
                    .put(Keys.member(name(i)),
                            json.write(new MemberRecord(name(i), "agent" + i, "host:5432", "", "", Map.of())))
                    .build(), Duration.ZERO);
        }
        store.watch("", 0, event -> members.forEach(m -> m.store.changed()));
    }

    boolean asynchronous() {
        return settings.durability() == Durability.ASYNC;
    }

    // ---- time and chance

    void in(long millis, Runnable what) {
        at(now + Math.max(0, millis), what);
    }

    void at(long time, Runnable what) {
        events.add(new Event(Math.max(now, time), order++, what));
    }

    void runUntil(long end) {
        while (!events.isEmpty() && events.peek().at() <= end && promises.violations.isEmpty()) {
            Event event = events.poll();
            now = event.at();
            event.what().run();
        }
        now = Math.max(now, end);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** From {@code low} up to but not including {@code high}. */
    int between(int low, int high) {
        return low + random.nextInt(high - low);
    }

    // ---- places

    MemberName name(int index) {
        return NAMES.get(index);
    }

    int indexOf(MemberName name) {
        return name.value().charAt(0) - 'a';
    }

    boolean linked(int from, int to) {
        return !cut[from][to] && members.get(from).hostUp && members.get(to).hostUp;
    }

    boolean hostFrozen(int index) {
        return members.get(index).hostFrozen;
    }

    /** Nothing of its PostgreSQL gets anywhere: neither to its disk nor past it. */
    boolean standsStill(int index) {
        SimPostgres postgres = members.get(index).postgres;
        return hostFrozen(index) || postgres.hungSince != null && !postgres.hungReads;
    }

    boolean thawedLately(int index) {
        return hostFrozen(index) || now - thawedAt[index] < 2_000;
    }

    /** True when a member hears a majority, itself included, both ways. */
    boolean reachesStore(int index) {
        if (!storeUp || deaf[index] || !members.get(index).hostUp) {
            return false;
        }
        int heard = 1;
        for (int other = 0; other < members.size(); other++) {
            SimMember peer = members.get(other);
            if (other != index && peer.agentAlive && !peer.hostFrozen && !peer.agentFrozen && linked(index, other)
                    && linked(other, index)) {
                heard++;
            }
        }
        return heard > members.size() / 2;
    }

    /** Whether an agent that asks a primary hears from its agent or its PostgreSQL. */
    boolean answers(int asking, int asked) {
        SimMember primary = members.get(asked);
        boolean alive = primary.agentAlive && !primary.agentFrozen
                || primary.postgres.mode == SimPostgres.Mode.PRIMARY;
        boolean lost = mute[asked] || slow && chance(0.3);
        return alive && !primary.hostFrozen && !lost && linked(asking, asked) && linked(asked, asking);
    }

    /** What another agent answers to a question; null when none comes back. */
    @Nullable
    String ask(int asking, int asked, String question) {
        SimMember other = members.get(asked);
        if (!linked(asking, asked) || slow && chance(0.3)) {
            return null;
        }
        String answer = other.answer(question);
        return linked(asked, asking) && !chance(0.02) ? answer : null;
    }

    TxnResult apply(Txn txn) {
        return store.commit(txn, Duration.ZERO);
    }

    ClusterState truth() {
        return json.read(store.range("", Duration.ZERO));
    }

    long epochNow() {
        return truth().epoch().number();
    }

    void story(String format, Object... args) {
        if (telling) {
            story.add(String.format(Locale.ROOT, "%7.3f  %s", now / 1000.0, String.format(Locale.ROOT, format, args)));
        }
    }
}
