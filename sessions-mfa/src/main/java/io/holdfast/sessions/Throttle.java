package io.holdfast.sessions;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes guessing slow: after some failures each further one makes the next attempt wait longer, up to a bound, and never for
 * ever. It counts by user and address together, by address, and by user over all addresses. The last one cannot be used to shut
 * anybody out: it does not hold for addresses from which that user has logged in before, nor for the local socket.
 *
 * <p>An attempt counts as failed from its beginning, so that a thousand at once are no way around. One that comes too early is
 * refused without being looked at, and makes nothing longer. Each agent counts for itself: nobody who is not logged in can
 * make an agent write to the shared state. For any number of threads.
 */
public final class Throttle {
    private static final Duration FIRST = Duration.ofSeconds(1);
    /** After so long without a failure nothing is remembered. */
    private static final Duration FORGET = Duration.ofHours(1);
    private static final int MOST_DOUBLINGS = 20;

    private final int mostKept;
    private final Map<String, Tally> tallies = new LinkedHashMap<>();

    /** What is counted, how many failures are free, and how long the longest wait is. */
    private enum Kind {
        /** One user from one address. */
        PAIR(3, Duration.ofMinutes(15)),
        /** Any user from one address; several people may share it. */
        ADDRESS(10, Duration.ofMinutes(15)),
        /** One user from any address but those known. */
        USER(5, Duration.ofMinutes(5));

        private final int free;
        private final Duration longest;

        Kind(int free, Duration longest) {
            this.free = free;
            this.longest = longest;
        }
    }

    private record Tally(int failures, Instant last, Instant until) {}

    /**
     * Somebody tries.
     *
     * @param user the name that was given, whether there is such a user or not
     * @param address from where: an IP address, or what stands for the socket
     * @param trusted whether this user has logged in from there before, or it is the local socket
     */
    public record Attempt(String user, String address, boolean trusted) {}

    /** Whether an attempt may be made. */
    public sealed interface Verdict {
        /**
         * It may.
         *
         * @param attempt which, to be told what came of it
         * @param at when it began
         */
        record Go(Attempt attempt, Instant at) implements Verdict {}

        /**
         * Not yet.
         *
         * @param remaining for how long
         */
        record Wait(Duration remaining) implements Verdict {}
    }

    /**
     * Remembers as much as this.
     *
     * @param mostKept how many tallies are kept; over that those that end first are forgotten
     */
    public Throttle(int mostKept) {
        this.mostKept = mostKept;
    }

    /** Asks for an attempt; when it may be made it counts as failed until {@link #passed} says otherwise. */
    public synchronized Verdict begin(Attempt attempt, Instant now) {
        Duration remaining = Duration.ZERO;
        for (Kind kind : kinds(attempt)) {
            Tally tally = known(key(kind, attempt), now);
            if (tally != null && tally.until().isAfter(now)) {
                Duration left = Duration.between(now, tally.until());
                remaining = left.compareTo(remaining) > 0 ? left : remaining;
            }
        }
        if (!remaining.isZero()) {
            return new Verdict.Wait(remaining);
        }
        for (Kind kind : kinds(attempt)) {
            count(kind, attempt, now);
        }
        return new Verdict.Go(attempt, now);
    }

    /** The attempt was right so far: it does not count. Earlier ones do. */
    public synchronized void passed(Verdict.Go right) {
        for (Kind kind : kinds(right.attempt())) {
            String key = key(kind, right.attempt());
            Tally tally = tallies.get(key);
            if (tally != null && tally.failures() > 1) {
                Instant until = tally.last().equals(right.at()) ? right.at() : tally.until();
                tallies.put(key, new Tally(tally.failures() - 1, tally.last(), until));
            } else {
                tallies.remove(key);
            }
        }
    }

    /** The whole login went well: what was mistyped before it from the same place is forgotten. */
    public synchronized void loggedIn(Attempt attempt) {
        tallies.remove(key(Kind.PAIR, attempt));
    }

    private void count(Kind kind, Attempt attempt, Instant now) {
        String key = key(kind, attempt);
        Tally before = known(key, now);
        int failures = before == null ? 1 : before.failures() + 1;
        tallies.remove(key);
        tallies.put(key, new Tally(failures, now, now.plus(delay(kind, failures))));
        if (tallies.size() > mostKept) {
            forget();
        }
    }

    private static Duration delay(Kind kind, int failures) {
        int over = failures - kind.free;
        if (over < 0) {
            return Duration.ZERO;
        }
        Duration delay = FIRST.multipliedBy(1L << Math.min(over, MOST_DOUBLINGS));
        return delay.compareTo(kind.longest) > 0 ? kind.longest : delay;
    }

    private @Nullable Tally known(String key, Instant now) {
        Tally tally = tallies.get(key);
        return tally == null || tally.last().plus(FORGET).isBefore(now) ? null : tally;
    }

    /** A tenth of those that would end first. */
    private void forget() {
        List<Map.Entry<String, Tally>> all = new ArrayList<>(tallies.entrySet());
        all.sort(Comparator.comparing(entry -> entry.getValue().until()));
        all.stream().limit(Math.max(1, mostKept / 10)).map(Map.Entry::getKey).toList().forEach(tallies::remove);
    }

    private static List<Kind> kinds(Attempt attempt) {
        return attempt.trusted() ? List.of(Kind.PAIR, Kind.ADDRESS) : List.of(Kind.PAIR, Kind.ADDRESS, Kind.USER);
    }

    private static String key(Kind kind, Attempt attempt) {
        return switch (kind) {
            case PAIR -> "p " + attempt.address() + " " + attempt.user();
            case ADDRESS -> "a " + attempt.address();
            case USER -> "u " + attempt.user();
        };
    }
}
