package io.holdfast.replication.redis.io;

import io.holdfast.config.RedisConfig;
import io.holdfast.replication.redis.FindingKind;
import io.holdfast.replication.redis.RedisAction;
import io.holdfast.replication.redis.RedisFinding;
import io.holdfast.replication.redis.RedisRecords.Deed;
import io.holdfast.replication.redis.RedisRecords.Known;
import io.holdfast.replication.redis.RedisRecords.Open;
import io.holdfast.replication.redis.SentinelAdvice;
import io.holdfast.replication.redis.SentinelView;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.EventType;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.EventLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the agents settle among each other about one master, in the shared state: what each of them sees, what is known to be
 * wrong, and who does something about it: whoever writes first that it will.
 */
final class RedisCouncil {
    private static final Duration STORE = Duration.ofSeconds(1);
    private static final Duration TOLD_AGAIN = Duration.ofSeconds(5);
    /** An agent that has told nothing for so long does not look any more. */
    private static final Duration TOLD_FOR = Duration.ofSeconds(15);
    /** What nobody sees for so long is over; less would tell of each other's delay. */
    private static final Duration OVER_AFTER = Duration.ofSeconds(4);
    private static final Duration TO_ACT = Duration.ofSeconds(2);

    private final RedisConfig.Mode mode;
    private final SentinelAdvice.Patience patience;
    private final MemberName self;
    private final String master;
    private final StateStore store;
    private final ClusterJson json;
    private final EventLog events;
    private final RedisLinks links;
    private final RedisFailover failover;
    private final Supplier<Instant> clock;
    /** Only the one thread that settles touches these. */
    private @Nullable SentinelView told;
    private final Map<String, Instant> lastSeen = new HashMap<>();

    RedisCouncil(RedisConfig.Mode mode, SentinelAdvice.Patience patience, MemberName self, String master,
            StateStore store, ClusterJson json,
            EventLog events, RedisLinks links, RedisFailover failover, Supplier<Instant> clock) {
        this.mode = mode;
        this.patience = patience;
        this.self = self;
        this.master = master;
        this.store = store;
        this.json = json;
        this.events = events;
        this.links = links;
        this.failover = failover;
        this.clock = clock;
    }

    /** Tells the others, writes down what is new, and acts when it falls to this agent. */
    void settle(SentinelView own) {
        tell(own);
        Optional<Versioned<Deed>> last = lastDeed();
        SentinelAdvice advice = advice(own, last);
        if (!isUnderway()) {
            writeDown(advice);
        }
        if (mode != RedisConfig.Mode.OBSERVE) {
            failover.mend(master);
        }
        RedisAction action = advice.action();
        if (action != null && advice.now()) {
            act(action, last.map(Versioned::version).orElse(0L));
        }
    }

    private String prefix() {
        return Keys.REDIS_VIEWS + master + "/";
    }

    private void tell(SentinelView own) {
        SentinelView before = told;
        if (before != null && before.essence().equals(own.essence())
                && own.at().isBefore(before.at().plus(TOLD_AGAIN))) {
            return;
        }
        String lease = "redis/" + master + "/" + self;
        TxnResult result = store.commit(Txn.when()
                .grant(lease, TOLD_FOR)
                .put(prefix() + self, json.write(own), lease)
                .build(), STORE);
        if (result instanceof TxnResult.Applied) {
            told = own;
        }
    }

    /** Of all agents that look, this one's own look first. */
    List<SentinelView> views(SentinelView own) {
        List<SentinelView> views = new ArrayList<>(List.of(own));
        store.local(prefix())
                .entries()
                .values()
                .stream()
                .map(entry -> json.read(entry.value(), SentinelView.class))
                .filter(view -> !view.by().equals(self.value()))
                .forEach(views::add);
        return views;
    }

    /** What they come to; nothing is to be done while a planned failover is under way. */
    SentinelAdvice advice(SentinelView own) {
        return advice(own, lastDeed());
    }

    private SentinelAdvice advice(SentinelView own, Optional<Versioned<Deed>> deed) {
        SentinelAdvice.Last last = deed.map(one -> new SentinelAdvice.Last(one.value().word(), one.value().at()))
                .orElse(null);
        return SentinelAdvice.of(views(own), isUnderway() ? RedisConfig.Mode.OBSERVE : mode, last, clock.get(),
                patience);
    }

    private Optional<Versioned<Deed>> lastDeed() {
        return read(Keys.REDIS_ACTIONS + master, Deed.class);
    }

    /** While a master is moved on purpose there are two for a moment, which is no trouble. */
    private boolean isUnderway() {
        return store.local(Keys.REDIS_FAILOVERS + master).get(Keys.REDIS_FAILOVERS + master).isPresent();
    }

    private <T> Optional<Versioned<T>> read(String key, Class<T> type) {
        Optional<Entry> entry = store.local(key).get(key);
        return entry.map(one -> json.read(one, type));
    }

    // ---- what is wrong

    private void writeDown(SentinelAdvice advice) {
        Instant now = clock.get();
        Optional<Versioned<Known>> before = read(Keys.REDIS_FINDINGS + master, Known.class);
        Map<String, Open> current = new HashMap<>();
        advice.findings()
                .stream()
                .filter(finding -> finding.kind().severity() != FindingKind.Severity.INFO)
                .forEach(finding -> current.put(finding.key(), open(finding, now)));
        RedisAction action = advice.action();
        if (action != null && !advice.now()) {
            String key = "advice " + action.command() + " at " + action.at();
            current.put(key, new Open(key, "'" + action.command() + "' at " + action.at() + " is advised: "
                    + action.why(), Open.ADVICE, now));
        }
        current.keySet().forEach(key -> lastSeen.put(key, now));
        List<Open> known = before.map(Versioned::value).orElse(Known.NOTHING).open();
        List<Open> stays = known.stream()
                .filter(open -> lastSeen.computeIfAbsent(open.key(), fresh -> now).plus(OVER_AFTER).isAfter(now))
                .toList();
        Set<String> keys = known.stream().map(Open::key).collect(Collectors.toSet());
        List<Open> fresh = current.values().stream().filter(open -> !keys.contains(open.key())).toList();
        List<Open> over = known.stream().filter(open -> !stays.contains(open)).toList();
        if (fresh.isEmpty() && over.isEmpty()) {
            return;
        }
        List<Open> next = new ArrayList<>(stays);
        next.addAll(fresh);
        String key = Keys.REDIS_FINDINGS + master;
        TxnResult result = store.commit(Txn.when()
                .versionIs(key, before.map(Versioned::version).orElse(0L))
                .put(key, json.write(new Known(next)))
                .build(), STORE);
        if (result instanceof TxnResult.Applied) {
            fresh.forEach(open -> event(open.isAdvice() ? EventType.REDIS_ADVICE : EventType.REDIS_FINDING, open.text(),
                    open));
            over.forEach(open -> event(EventType.REDIS_OVER, "no longer so: " + open.text(), open));
            lastSeen.keySet().removeIf(one -> next.stream().noneMatch(open -> open.key().equals(one)));
        }
    }

    private static Open open(RedisFinding finding, Instant now) {
        return new Open(finding.key(), finding.text(),
                finding.kind().severity().name().toLowerCase(java.util.Locale.ROOT),
                now);
    }

    private void event(EventType type, String text, Open open) {
        events.append(type, text, Map.of("master", master, "finding", open.key(), "severity", open.severity()));
    }

    // ---- what is done

    /**
     * Does it, if nothing was done since the advice was given.
     *
     * @param seen the version of the last deed that the advice knew of
     */
    private void act(RedisAction action, long seen) {
        String key = Keys.REDIS_ACTIONS + master;
        Deed deed = new Deed(action.word(), self.value(), action.at().toString(), action.command(), action.why(),
                clock.get());
        TxnResult claimed = store.commit(Txn.when()
                .versionIs(key, seen)
                .versionIs(Keys.REDIS_FAILOVERS + master, 0)
                .put(key, json.write(deed))
                .build(), STORE);
        if (!(claimed instanceof TxnResult.Applied)) {
            return;
        }
        String outcome;
        try (RedisLink link = action instanceof RedisAction.Refollow
                ? links.toInstance(action.at())
                : links.toSentinel(action.at())) {
            String[] words = action.command().split(" ");
            Object[] arguments = java.util.Arrays.copyOfRange(words, 1, words.length, Object[].class);
            Reply reply = link.ask(TO_ACT, RedisLink.command(words[0], arguments)).getFirst();
            outcome = reply instanceof Reply.Refused refused ? "refused: " + refused.error() : "accepted";
        } catch (RedisLink.Silent e) {
            outcome = "not known: " + e.getMessage();
        }
        events.append(EventType.REDIS_ACTION, "'" + action.command() + "' at " + action.at() + ", " + outcome + ": "
                + action.why(), Map.of("master", master, "action", action.word(), "outcome", outcome));
    }
}
