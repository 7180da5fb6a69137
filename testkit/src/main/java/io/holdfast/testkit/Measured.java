package io.holdfast.testkit;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the rounds of one kind of failover gave.
 *
 * @param kind what was done to the primary
 * @param durability {@code quorum} or {@code async}
 * @param bar what was promised
 * @param rounds in their order
 * @param overlaps rounds in which two members acknowledged out of turn
 */
public record Measured(String kind, String durability, Bar bar, List<Round> rounds, int overlaps) {
    /**
     * What a kind of failover may take at most.
     *
     * @param median of all rounds
     * @param worst any of them
     */
    public record Bar(Duration median, Duration worst) {
        /** Where nothing was promised. */
        public static final Bar NONE = new Bar(Duration.ofDays(1), Duration.ofDays(1));

        /** The promise, by the kind and the durability; in durability async the lease has to run out first. */
        public static Bar of(String kind, String durability, Duration lease) {
            if (kind.equals("switchover")) {
                return new Bar(Duration.ofMillis(500), Duration.ofMillis(1500));
            }
            if (durability.equals("async")) {
                return new Bar(lease.plusMillis(1500), lease.plusMillis(1500));
            }
            return switch (kind) {
                case "postmaster" -> new Bar(Duration.ofSeconds(1), Duration.ofMillis(2500));
                case "host", "freeze", "cable" -> new Bar(Duration.ofSeconds(2), Duration.ofDays(1));
                default -> NONE;
            };
        }

        private static String text(Duration limit) {
            return limit.toDays() > 0 ? "-" : String.format(Locale.ROOT, "%.1f s", limit.toMillis() / 1e3);
        }
    }

    /**
     * One of them.
     *
     * @param outage the longest time without an acknowledgement, for clients that try each member for themselves
     * @param withUrl the same for a driver with all hosts in its URL
     * @param withProxy the same for a client of a proxy; zero where there is none
     * @param back from the instant that the old primary's host was there again until it streamed
     * @param lost acknowledged commits that are missing, of all clients
     * @param toldBytes how much WAL was given up, as the cluster tells it
     * @param asTold whether what is missing is what was in that WAL, commit by commit
     */
    public record Round(Duration outage, Duration withUrl, Duration withProxy, Duration back, int lost,
            long toldBytes, boolean asTold) {}

    /** Takes an immutable copy. */
    public Measured {
        rounds = List.copyOf(rounds);
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("no round of " + kind);
        }
    }

    /** Acknowledged commits that are missing, over all rounds. */
    public int lost() {
        return rounds.stream().mapToInt(Round::lost).sum();
    }

    /** Whether the rounds kept what was promised. */
    public boolean isUnderBar() {
        return median().compareTo(bar.median) < 0 && worst().compareTo(bar.worst) < 0;
    }

    /** The middle outage, the greater of two. */
    public Duration median() {
        return middle(sorted(Round::outage));
    }

    /** The longest outage. */
    public Duration worst() {
        return last(Round::outage);
    }

    /** The middle of some durations, the greater of two. */
    public static Duration median(List<Duration> durations) {
        return middle(durations.stream().sorted().toList());
    }

    /** A table in Markdown, to be kept as it is. */
    public static String table(List<Measured> all, Duration floor) {
        StringBuilder table = new StringBuilder(
                "| kind | durability | rounds | median | worst | bar (median, worst) | to the floor | with a multi-host URL"
                        + " | through HAProxy | old primary back (median, worst) | lost | WAL given up | as told | overlaps |\n"
                        + "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for (Measured m : all) {
            table.append(m.row(floor));
        }
        return table.append(String.format(Locale.ROOT,
                "%nThe floor: %d ms from pg_promote on a bare standby that has everything to a new connection's first commit.%n",
                floor.toMillis())).toString();
    }

    private String row(Duration floor) {
        Duration proxy = middle(sorted(Round::withProxy));
        return String.format(Locale.ROOT,
                "| %s | %s | %d | %d ms | %d ms | %s, %s: %s | %.1f | %d ms | %s | %.1f s, %.1f s | %d | %d B | %d of %d"
                        + " | %d |%n",
                kind, durability, rounds.size(), median().toMillis(), worst().toMillis(), Bar.text(bar.median),
                Bar.text(bar.worst), isUnderBar() ? "met" : "missed", ratio(floor),
                middle(sorted(Round::withUrl)).toMillis(), proxy.isZero() ? "-" : proxy.toMillis() + " ms",
                middle(sorted(Round::back)).toMillis() / 1e3, last(Round::back).toMillis() / 1e3, lost(),
                rounds.stream().mapToLong(Round::toldBytes).sum(), rounds.stream().filter(Round::asTold).count(),
                rounds.size(), overlaps);
    }

    /** One line of JSON for a file that is read by programs. */
    public String json(Duration floor) {
        return String.format(Locale.ROOT,
                "{\"kind\": \"%s\", \"durability\": \"%s\", \"rounds\": %d, \"medianMillis\": %d, \"worstMillis\": %d,"
                        + " \"barMedianMillis\": %d, \"barWorstMillis\": %d, \"underBar\": %b, \"floorMillis\": %d,"
                        + " \"toFloor\": %.2f, \"outagesMillis\": %s, \"withUrlMillis\": %s, \"withProxyMillis\": %s,"
                        + " \"backMillis\": %s, \"lost\": %d, \"lostByRound\": %s, \"givenUpBytes\": %s, \"asTold\": %s,"
                        + " \"overlaps\": %d}",
                kind, durability, rounds.size(), median().toMillis(), worst().toMillis(), bar.median.toMillis(),
                bar.worst.toMillis(), isUnderBar(), floor.toMillis(), ratio(floor), millis(Round::outage),
                millis(Round::withUrl), millis(Round::withProxy), millis(Round::back), lost(), array(Round::lost),
                array(Round::toldBytes), array(Round::asTold), overlaps);
    }

    private double ratio(Duration floor) {
        return floor.isZero() ? 0 : (double) median().toNanos() / floor.toNanos();
    }

    private String millis(Function<Round, Duration> what) {
        return array(round -> what.apply(round).toMillis());
    }

    private String array(Function<Round, Object> what) {
        return rounds.stream().map(round -> what.apply(round).toString()).collect(Collectors.joining(", ", "[", "]"));
    }

    private List<Duration> sorted(Function<Round, Duration> what) {
        return rounds.stream().map(what).sorted(Comparator.naturalOrder()).toList();
    }

    private Duration last(Function<Round, Duration> what) {
        List<Duration> sorted = sorted(what);
        return sorted.get(sorted.size() - 1);
    }

    private static Duration middle(List<Duration> sorted) {
        return sorted.get(sorted.size() / 2);
    }
}
