package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.FailoverPlan;
import io.holdfast.replication.redis.RedisRecords.Underway;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.Operations;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a planned failover out. SENTINEL FAILOVER takes no target and does not wait for anybody's data: so the target is made
 * the preferred replica, and the writers are paused until it has all they wrote and is the master. The old master follows the
 * new one before its writers go on, or else it would acknowledge what is lost.
 */
final class RedisFailover {
    private static final Logger LOG = LoggerFactory.getLogger(RedisFailover.class);
    private static final Duration STORE = Duration.ofSeconds(2);
    private static final Duration ASK = Duration.ofSeconds(1);
    /** A Sentinel asks a replica for its priority every 10 s. */
    private static final Duration TO_BE_PREFERRED = Duration.ofSeconds(25);
    private static final Duration TO_AGREE = Duration.ofSeconds(15);
    /** After this time whoever began it is gone, and another agent puts back what it left. */
    private static final Duration ABANDONED = Duration.ofSeconds(90);
    private static final long POLL_MILLIS = 10;

    private final RedisLinks links;
    private final MemberName self;
    private final StateStore store;
    private final ClusterJson json;
    private final Operations operations;
    private final Supplier<Instant> clock;
    /** The operations that this process carries out. */
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    RedisFailover(RedisLinks links, MemberName self, StateStore store, ClusterJson json, Operations operations,
            Supplier<Instant> clock) {
        this.links = links;
        this.self = self;
        this.store = store;
        this.json = json;
        this.operations = operations;
        this.clock = clock;
    }

    /** It ended otherwise than it should. */
    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String why) {
            super(why);
        }
    }

    /** Begins, as an operation of that id. */
    void start(FailoverPlan.Go plan, String id, String user) {
        Operations.Running operation = operations.start(id, "redis-failover", self, user,
                "another master of " + plan.master() + " is wanted: " + plan.to() + " instead of " + plan.from());
        running.add(operation.id());
        Thread.ofVirtual().name("redis failover " + operation.id()).start(() -> run(plan, operation));
    }

    private void run(FailoverPlan.Go plan, Operations.Running operation) {
        String key = Keys.REDIS_FAILOVERS + plan.master();
        TxnResult claimed = store.commit(Txn.when()
                .versionIs(key, 0)
                .put(key, json.write(new Underway(operation.id(), self.value(), plan.before(), clock.get())))
                .build(), STORE);
        if (!(claimed instanceof TxnResult.Applied applied)) {
            operation.fail(claimed instanceof TxnResult.Conflict
                    ? "another failover of " + plan.master() + " is under way"
                    : "the shared state did not confirm it");
            running.remove(operation.id());
            return;
        }
        String result;
        boolean done = false;
        try {
            result = carryOut(plan, operation);
            done = true;
        } catch (Failed | RedisLink.Silent e) {
            result = String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result = "the agent ends";
        }
        operation.step("put the priorities back");
        boolean back = putBack(plan.before());
        if (back) {
            store.commit(Txn.when().versionIs(key, applied.revision()).delete(key).build(), STORE);
        }
        running.remove(operation.id());
        String whole = result + (back ? "" : "; the replicas' priorities could not be put back yet, and will be");
        if (done) {
            operation.succeed(whole);
        } else {
            operation.fail(whole);
        }
    }

    private String carryOut(FailoverPlan.Go plan, Operations.Running operation)
            throws Failed, RedisLink.Silent, InterruptedException {
        try (RedisLink master = links.toInstance(plan.from());
                RedisLink target = links.toInstance(plan.to());
                RedisLink sentinel = links.toSentinel(plan.sentinel())) {
            operation.step("make " + plan.to() + " the preferred replica");
            prefer(plan, sentinel);
            operation.step("pause the writers");
            long pausedUntil = System.nanoTime() + plan.pause().toNanos();
            must(master, "CLIENT", "PAUSE", plan.pause().toMillis(), "WRITE");
            try {
                return switchOver(plan, operation, master, target, sentinel, pausedUntil);
            } finally {
                // Its own time ends it too, where nobody can say so any more.
                try {
                    master.ask(ASK, RedisLink.command("CLIENT", "UNPAUSE"));
                } catch (RedisLink.Silent e) {
                    LOG.warn("The writers of {} go on when their pause of {} ms is over: {}", plan.from(),
                            plan.pause().toMillis(), e.getMessage());
                }
            }
        }
    }

    private String switchOver(FailoverPlan.Go plan, Operations.Running operation, RedisLink master, RedisLink target,
            RedisLink sentinel, long pausedUntil) throws Failed, RedisLink.Silent, InterruptedException {
        long begun = System.nanoTime();
        long wanted = offset(master);
        operation.step("wait until " + plan.to() + " has all that was written");
        long third = begun + plan.pause().toNanos() / 3;
        while (offset(target) < wanted) {
            if (System.nanoTime() > third) {
                throw new Failed("nothing was changed: " + plan.to() + " did not catch up in time");
            }
            Thread.sleep(POLL_MILLIS);
        }
        operation.step("SENTINEL FAILOVER");
        must(sentinel, "SENTINEL", "FAILOVER", plan.master());
        long last = System.nanoTime() + TO_AGREE.toNanos();
        while (!isMaster(target)) {
            if (System.nanoTime() > last) {
                throw new Failed("Sentinel promoted nobody within " + TO_AGREE.toSeconds()
                        + " s; if it still does, what is written meanwhile may be lost");
            }
            Thread.sleep(POLL_MILLIS);
        }
        long atLast = offset(master);
        operation.step("turn " + plan.from() + " into a replica");
        must(master, "REPLICAOF", plan.to().host(), plan.to().port());
        boolean held = System.nanoTime() < pausedUntil;
        // Whoever waits there to write is better served elsewhere.
        master.ask(ASK, RedisLink.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));
        master.ask(ASK, RedisLink.command("CLIENT", "UNPAUSE"));
        long millis = (System.nanoTime() - begun) / 1_000_000;
        operation.step("wait until Sentinel says so");
        awaitAgreement(plan, sentinel);
        return plan.to() + " is the master of " + plan.master() + "; writers were paused for " + millis + " ms, "
                + (held
                        ? "and nothing was lost"
                        : "not for long enough: writes may be lost, " + Math.max(0, atLast - wanted)
                                + " bytes at the least");
    }

    private void prefer(FailoverPlan.Go plan, RedisLink sentinel)
            throws Failed, RedisLink.Silent, InterruptedException {
        for (Map.Entry<String, Integer> one : plan.during().entrySet()) {
            try (RedisLink replica = links.toInstance(HostPort.parse(one.getKey()))) {
                must(replica, "CONFIG", "SET", "replica-priority", one.getValue());
            }
        }
        long last = System.nanoTime() + TO_BE_PREFERRED.toNanos();
        while (!shows(plan, sentinel)) {
            if (System.nanoTime() > last) {
                throw new Failed("nothing was changed: the Sentinel at " + plan.sentinel()
                        + " did not notice the priorities within " + TO_BE_PREFERRED.toSeconds() + " s");
            }
            Thread.sleep(POLL_MILLIS * 10);
        }
    }

    private boolean shows(FailoverPlan.Go plan, RedisLink sentinel) {
        var told = SentinelReader.read(sentinel, plan.master(), ASK).told();
        return told != null && plan.during()
                .entrySet()
                .stream()
                .allMatch(wanted -> told.replicas()
                        .stream()
                        .anyMatch(one -> one.address().toString().equals(wanted.getKey())
                                && one.priority() == wanted.getValue()));
    }

    private void awaitAgreement(FailoverPlan.Go plan, RedisLink sentinel) throws Failed, InterruptedException {
        long last = System.nanoTime() + TO_AGREE.toNanos();
        while (true) {
            var told = SentinelReader.read(sentinel, plan.master(), ASK).told();
            if (told != null && told.master().equals(plan.to()) && !told.isFailingOver()) {
                return;
            }
            if (System.nanoTime() > last) {
                throw new Failed(plan.to() + " is a master, and Sentinel does not say so within "
                        + TO_AGREE.toSeconds() + " s");
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private static long offset(RedisLink link) throws RedisLink.Silent {
        InfoText info = new InfoText(link.ask(ASK, RedisLink.command("INFO", "replication")).getFirst().text());
        return info.text("role").equals("slave")
                ? info.number("slave_repl_offset", -1)
                : info.number("master_repl_offset", -1);
    }

    private static boolean isMaster(RedisLink link) throws RedisLink.Silent {
        Reply role = link.ask(ASK, RedisLink.command("ROLE")).getFirst();
        return role.response() != null && role.response().get(0).toString().equals("master");
    }

    private static void must(RedisLink link, String word, Object... arguments) throws Failed, RedisLink.Silent {
        if (link.ask(ASK, RedisLink.command(word, arguments)).getFirst() instanceof Reply.Refused refused) {
            throw new Failed(link.address() + " refused " + word + ": " + refused.error());
        }
    }

    /** True when all of them are as they were, on disk too where Sentinel has written the others there. */
    private boolean putBack(Map<String, Integer> before) {
        boolean all = true;
        for (Map.Entry<String, Integer> one : before.entrySet()) {
            try (RedisLink replica = links.toInstance(HostPort.parse(one.getKey()))) {
                must(replica, "CONFIG", "SET", "replica-priority", one.getValue());
                // A Redis without a file refuses this, and keeps nothing that would have to be mended.
                replica.ask(ASK, RedisLink.command("CONFIG", "REWRITE"));
            } catch (Failed | RedisLink.Silent e) {
                LOG.warn("The priority of {} could not be put back to {}: {}", one.getKey(), one.getValue(),
                        e.getMessage());
                all = false;
            }
        }
        return all;
    }

    /** Puts back what a failover has left that nobody carries out any more. */
    void mend(String master) {
        String key = Keys.REDIS_FAILOVERS + master;
        Optional<Entry> entry = store.local(key).get(key);
        if (entry.isEmpty()) {
            return;
        }
        Versioned<Underway> left = json.read(entry.get(), Underway.class);
        boolean own = left.value().by().equals(self.value());
        boolean abandoned = own
                ? !running.contains(left.value().operation())
                : left.value().at().plus(ABANDONED).isBefore(clock.get());
        if (abandoned && putBack(left.value().priorities())) {
            store.commit(Txn.when().versionIs(key, left.version()).delete(key).build(), STORE);
        }
    }
}
