package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.sessions.AuditCheck.Head;
import io.holdfast.sessions.AuditRecord;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How every agent comes to have every chain. The newest records of each lie in the shared state, under chain and number, and the
 * number and hash of its last one beside them; the other agents append them to their copies. An agent that was away for longer
 * than they lie there says from which number on it lacks which chain, and whoever has them puts them there again. Nothing is ever
 * overwritten: what does not follow what is here is not taken, and told.
 */
final class AuditExchange implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditExchange.class);
    /** How many records of a chain lie in the shared state. */
    static final int KEPT = 200;
    private static final int TOGETHER = 50;
    private static final Duration WITHIN = Duration.ofSeconds(2);
    private static final long AGAIN_MILLIS = 500;
    /** In which look an agent helps out with a chain of another, which may be lost. */
    private static final int PATIENT_LOOKS = 4;

    private final StateStore store;
    private final AuditLog log;
    private final String wantedKey;
    private final List<StateStore.Subscription> watches = new ArrayList<>();
    private final Set<String> told = new HashSet<>();
    private final Map<String, Integer> looks = new TreeMap<>();
    private final Thread thread;
    private boolean news = true;
    private boolean closed;

    /** What an agent lacks: the number from which on, by chain. */
    record Wanted(Map<String, Long> from) {}

    AuditExchange(StateStore store, AuditLog log, String member) {
        this.store = store;
        this.log = log;
        this.wantedKey = Keys.AUDIT_WANTED + member;
        this.thread = Thread.ofVirtual().name("holdfast-audit-exchange").start(this::run);
        for (String prefix : List.of(Keys.AUDIT, Keys.AUDIT_HEADS, Keys.AUDIT_WANTED)) {
            watches.add(store.watch(prefix, store.local(prefix).revision(), event -> wake()));
        }
    }

    /** There may be something to do. */
    synchronized void wake() {
        news = true;
        notifyAll();
    }

    private void run() {
        try {
            boolean settled = true;
            while (await(settled)) {
                try {
                    boolean published = publish();
                    boolean taken = take();
                    boolean answered = answer();
                    settled = tidy() && published && taken && answered;
                } catch (HoldfastException | IllegalArgumentException e) {
                    LOG.warn("the audit log does not travel for now", e);
                    settled = false;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** False at the end. */
    private synchronized boolean await(boolean settled) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS);
        while (!closed && !news && (settled || deadline - System.nanoTime() > 0)) {
            if (settled) {
                wait();
            } else {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1_000_000, deadline - System.nanoTime()));
            }
        }
        news = false;
        return !closed;
    }

    /** Puts what is new in this agent's own chain into the shared state; true when nothing is left. */
    private boolean publish() {
        String chain = log.chain();
        String key = Keys.AUDIT_HEADS + chain;
        while (true) {
            Optional<Entry> entry = store.local(key).get(key);
            long head = entry.map(one -> SessionJson.read(one.value(), Head.class).number()).orElse(0L);
            if (log.lastNumber(chain) <= head) {
                return true;
            }
            List<AuditRecord> records = log.from(chain, head + 1, TOGETHER);
            if (records.isEmpty()) {
                return false;
            }
            Txn.Builder txn = Txn.when().versionIs(key, entry.map(Entry::version).orElse(0L));
            for (AuditRecord record : records) {
                txn.put(Keys.audit(chain, record.number()), SessionJson.write(record));
                if (record.number() > KEPT) {
                    txn.delete(Keys.audit(chain, record.number() - KEPT));
                }
            }
            AuditRecord last = records.getLast();
            txn.put(key, SessionJson.write(new Head(last.number(), last.hash())));
            if (!(store.commit(txn.build(), WITHIN) instanceof TxnResult.Applied)) {
                return false;
            }
        }
    }

    /** Appends to the copies what has come, and says what is missing; true when that is settled. */
    private boolean take() {
        Map<String, Long> missing = new TreeMap<>();
        log.heads().forEach((chain, head) -> {
            long have = log.lastNumber(chain);
            if (have < head.number()) {
                Snapshot there = store.local(Keys.AUDIT + chain + "/");
                List<AuditRecord> records = there.entries()
                        .tailMap(Keys.audit(chain, have + 1), true)
                        .values()
                        .stream()
                        .map(entry -> SessionJson.read(entry.value(), AuditRecord.class))
                        .toList();
                if (!log.take(chain, records) && told.add(chain)) {
                    LOG.error("HF-4018 the copy of audit chain {} here does not go on where the others' does. Hint:"
                            + " 'holdfast audit verify' on each agent shows whose was changed; nothing is overwritten.",
                            chain);
                }
                have = log.lastNumber(chain);
            }
            if (have < head.number() && !told.contains(chain)) {
                missing.put(chain, have + 1);
            }
        });
        return want(missing);
    }

    private boolean want(Map<String, Long> missing) {
        Optional<Entry> entry = store.local(wantedKey).get(wantedKey);
        String text = missing.isEmpty() ? "" : SessionJson.write(new Wanted(missing));
        if (entry.map(Entry::value).orElse("").equals(text)) {
            return missing.isEmpty();
        }
        Txn.Builder txn = Txn.when();
        return store.commit((missing.isEmpty() ? txn.delete(wantedKey) : txn.put(wantedKey, text)).build(),
                WITHIN) instanceof TxnResult.Applied && missing.isEmpty();
    }

    /** Puts there again what others lack and this agent has: of its own chain at once, of others' when nobody else does. */
    private boolean answer() {
        Snapshot asked = store.local(Keys.AUDIT_WANTED);
        looks.keySet().removeIf(key -> !asked.entries().containsKey(key));
        boolean settled = true;
        for (Entry entry : asked.entries().values()) {
            if (entry.key().equals(wantedKey)) {
                continue;
            }
            int seen = looks.merge(entry.key(), 1, Integer::sum);
            Wanted wanted = SessionJson.read(entry.value(), Wanted.class);
            for (Map.Entry<String, Long> one : wanted.from().entrySet()) {
                boolean mine = one.getKey().equals(log.chain());
                if (log.lastNumber(one.getKey()) >= one.getValue()) {
                    settled = false;
                    if (mine || seen > PATIENT_LOOKS) {
                        putAgain(one.getKey(), one.getValue());
                    }
                }
            }
        }
        return settled;
    }

    /** Below the newest records those lie that were asked for, and no others of that chain. */
    private void putAgain(String chain, long from) {
        long head = Optional.ofNullable(log.heads().get(chain)).map(Head::number).orElse(0L);
        Snapshot there = store.local(Keys.AUDIT + chain + "/");
        Txn.Builder txn = Txn.when();
        there.entries()
                .headMap(Keys.audit(chain, Math.max(1, Math.min(from, head - KEPT + 1))), false)
                .keySet()
                .forEach(txn::delete);
        boolean some = false;
        for (AuditRecord record : log.from(chain, from, TOGETHER)) {
            String key = Keys.audit(chain, record.number());
            if (!there.entries().containsKey(key)) {
                txn.put(key, SessionJson.write(record));
                some = true;
            }
        }
        if (some) {
            TxnResult result = store.commit(txn.build(), WITHIN);
            LOG.debug("records of {} from {} on are put there again: {}", chain, from, result);
        }
    }

    /** What was put there again goes when nobody lacks it any more; true when nothing is left. */
    private boolean tidy() {
        Set<String> wanted = new HashSet<>();
        store.local(Keys.AUDIT_WANTED)
                .entries()
                .values()
                .forEach(entry -> wanted.addAll(SessionJson.read(entry.value(), Wanted.class).from().keySet()));
        boolean tidy = true;
        for (Map.Entry<String, Head> chain : log.heads().entrySet()) {
            long first = chain.getValue().number() - KEPT + 1;
            if (first > 1 && !wanted.contains(chain.getKey())) {
                Txn.Builder txn = Txn.when();
                Set<String> old = store.local(Keys.AUDIT + chain.getKey() + "/")
                        .entries()
                        .headMap(Keys.audit(chain.getKey(), first), false)
                        .keySet();
                old.stream().limit(TOGETHER).forEach(txn::delete);
                tidy &= old.isEmpty() || store.commit(txn.build(), WITHIN) instanceof TxnResult.Applied
                        && old.size() <= TOGETHER;
            }
        }
        return tidy;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        watches.forEach(StateStore.Subscription::close);
        try {
            if (!thread.join(WITHIN)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
