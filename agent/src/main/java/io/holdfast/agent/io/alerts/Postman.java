package io.holdfast.agent.io.alerts;

import io.holdfast.metrics.Alert;
import io.holdfast.metrics.Counter;
import io.holdfast.metrics.Measure;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Silence;
import io.holdfast.metrics.Told;
import io.holdfast.metrics.Told.Errand;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells one receiver. What it tells is written down by this agent before; of the same receiver of other agents the one that writes
 * first tells. What this agent alone knows, that it hears no majority, it tells without that: better twice than never.
 */
public final class Postman {
    static final Measure NOTIFICATIONS = Measure.counter("holdfast_alert_notifications_total",
            "What this agent told receivers of alerts, and whether they took it: taken, or not-taken.", "receiver",
            "outcome");
    private static final Logger LOG = LoggerFactory.getLogger(Postman.class);
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    /** Attempts in a row, before another agent may try. */
    private static final int ATTEMPTS = 3;
    private static final long FIRST_PAUSE_MILLIS = 500;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;
    /** An Alertmanager forgets what it does not hear of for longer than it was told. */
    private static final Duration AGAIN = Duration.ofMinutes(1);

    private final String name;
    private final Receiver receiver;
    private final String self;
    private final AlertBook book;
    private final BooleanSupplier hasQuorum;
    private final Supplier<Set<String>> alive;
    private final Supplier<List<Alert>> aside;
    private final Supplier<Instant> clock;
    private final Counter taken;
    private final Counter refused;
    /** What was told of what is not written down, by alert; only the loop's thread touches these. */
    private final Map<String, Told> unwritten = new HashMap<>();
    /** The keys of what this process has had taken. */
    private final Set<String> done = new HashSet<>();
    private int inVain;
    private Instant notBefore = Instant.MIN;
    private @Nullable String trouble;

    /**
     * Of a receiver.
     *
     * @param name its name, the same on all agents
     * @param alive the members whose agents are there
     * @param aside what this agent alone knows
     * @param registry counts what was told
     */
    public Postman(String name, Receiver receiver, String self, AlertBook book, BooleanSupplier hasQuorum,
            Supplier<Set<String>> alive, Supplier<List<Alert>> aside, Supplier<Instant> clock,
            Registry registry) {
        this.name = name;
        this.receiver = receiver;
        this.self = self;
        this.book = book;
        this.hasQuorum = hasQuorum;
        this.alive = alive;
        this.aside = aside;
        this.clock = clock;
        this.taken = counted(registry, "taken");
        this.refused = counted(registry, "not-taken");
    }

    private Counter counted(Registry registry, String outcome) {
        return registry.counter(NOTIFICATIONS, name, outcome);
    }

    /** Tells what is to be told; gives the pause until the next look. */
    public Duration turn() {
        Instant now = clock.get();
        if (now.isBefore(notBefore) && Duration.between(now, notBefore).toMillis() <= LONGEST_PAUSE_MILLIS) {
            return BETWEEN;
        }
        if (!asideIsTold(now) || !hasQuorum.getAsBoolean()) {
            return BETWEEN;
        }
        Set<Silence> silences = book.silences().stream().map(Versioned::value).collect(Collectors.toSet());
        Set<String> there = alive.get();
        List<Alert> alerts = alerts();
        done.retainAll(alerts.stream().map(Told::key).collect(Collectors.toSet()));
        for (Alert alert : alerts) {
            Optional<Versioned<Told>> told = book.told(alert, name);
            Errand errand = Told.errand(alert, Told.isSilenced(alert, silences, now),
                    told.map(Versioned::value).orElse(null), self, there::contains, again(), now, pause(told));
            if (!run(errand, alert, told, now)) {
                break;
            }
        }
        return BETWEEN;
    }

    /** Those of all agents, the oldest first. */
    private List<Alert> alerts() {
        List<Alert> alerts = new ArrayList<>();
        book.pages().values().forEach(page -> alerts.addAll(page.value().alerts()));
        alerts.sort(Comparator.comparing(Alert::since));
        return alerts;
    }

    private @Nullable Duration again() {
        return receiver.forgets() ? AGAIN : null;
    }

    /** After the first attempts of all agents in turn it is tried more and more seldom. */
    private static Duration pause(Optional<Versioned<Told>> told) {
        int rounds = told.map(one -> one.value().attempts() / ATTEMPTS).orElse(0);
        return Duration.ofMillis(jitter(Math.min(LONGEST_PAUSE_MILLIS, 5_000L << Math.min(rounds, 4))));
    }

    /** Half of it to all of it, so that agents and alerts do not come all at once. */
    private static long jitter(long millis) {
        return millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1);
    }

    // ---- what is written down

    /** False when the receiver does not take it: it is away for the others too. */
    private boolean run(Errand errand, Alert alert, Optional<Versioned<Told>> told, Instant now) {
        Told before = told.map(Versioned::value).orElse(null);
        long version = told.map(Versioned::version).orElse(0L);
        if ((errand == Errand.CLAIM || errand == Errand.TELL) && done.contains(Told.key(alert))) {
            // This agent's copy is behind, or the writing down was not confirmed: the receiver has it.
            book.tell(alert, name, version, Told.claim(alert, before, self, now).taken(now));
            return true;
        }
        return switch (errand) {
            case NONE -> true;
            case CLAIM -> {
                Told claim = Told.claim(alert, before, self, now);
                // When it is not known whether this is written down, the next turn sees it.
                yield !(book.tell(alert, name, version, claim) instanceof TxnResult.Applied(long revision))
                        || send(alert, claim, revision);
            }
            case TELL, REPEAT -> before == null || send(alert, before, version);
        };
    }

    private boolean send(Alert alert, Told told, long version) {
        Optional<String> why = attempt(alert);
        Instant now = clock.get();
        if (why.isEmpty()) {
            done.add(Told.key(alert));
            Told taken = new Told(told.startsAt(), told.over(), told.step(), self, told.attempts(), now).taken(now);
            if (!(book.tell(alert, name, version, taken) instanceof TxnResult.Applied)) {
                LOG.debug("{} took {}, and it is not known whether that is written down", name, alert.name());
            }
            return true;
        }
        if (inVain % ATTEMPTS == 0 && told.step() == Told.Step.CLAIMED) {
            book.tell(alert, name, version, told.left(ATTEMPTS, now));
        }
        return false;
    }

    /** Once; empty when it was taken. */
    private Optional<String> attempt(Alert alert) {
        Optional<String> why = receiver.tell(alert, clock.get());
        if (why.isEmpty()) {
            if (trouble != null) {
                LOG.info("The receiver {} takes alerts again", name);
            }
            taken.increment();
            trouble = null;
            inVain = 0;
            return why;
        }
        if (trouble == null) {
            LOG.warn("HF-5210 the receiver {} does not take the alert {}: {}. Hint: look at its address, its token and"
                    + " the network; it is tried again, and other agents that have it try too.", name, alert.name(),
                    why.get());
        }
        trouble = why.get();
        refused.increment();
        inVain++;
        notBefore = clock.get()
                .plusMillis(jitter(Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(inVain, 7))));
        return why;
    }

    // ---- what is not written down

    private boolean asideIsTold(Instant now) {
        List<Alert> alerts = aside.get();
        unwritten.keySet().retainAll(alerts.stream().map(Alert::id).collect(Collectors.toSet()));
        for (Alert alert : alerts) {
            Told told = unwritten.get(alert.id());
            Errand errand = Told.errand(alert, false, told, self, self::equals, again(), now, Duration.ZERO);
            if (errand != Errand.NONE) {
                if (attempt(alert).isPresent()) {
                    return false;
                }
                unwritten.put(alert.id(), Told.claim(alert, told, self, now).taken(now));
            }
        }
        return true;
    }
}
