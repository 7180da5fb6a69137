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
 * @param rounds in their order
 * @param lost acknowledged commits that are missing, over all rounds
 * @param overlaps rounds in which two members acknowledged out of turn
 */
public record Measured(String kind, String durability, List<Round> rounds, int lost, int overlaps) {
    /**
     * One of them.
     *
     * @param outage the longest time without an acknowledgement, for clients that try each member for themselves
     * @param withUrl the same for a driver with all hosts in its URL
     * @param back from the instant that the old primary's host was there again until it streamed
     */
    public record Round(Duration outage, Duration withUrl, Duration back) {}

    /** Takes an immutable copy. */
    public Measured {
        rounds = List.copyOf(rounds);
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("no round of " + kind);
        }
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
                "| kind | durability | rounds | median | worst | to the floor | with a multi-host URL | old primary back"
                        + " (median, worst) | lost | overlaps |\n"
                        + "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for (Measured m : all) {
            table.append(String.format(Locale.ROOT,
                    "| %s | %s | %d | %d ms | %d ms | %.1f | %d ms | %.1f s, %.1f s | %d | %d |%n",
                    m.kind, m.durability, m.rounds.size(), m.median().toMillis(), m.worst().toMillis(), m.ratio(floor),
                    middle(m.sorted(Round::withUrl)).toMillis(), middle(m.sorted(Round::back)).toMillis() / 1e3,
                    m.last(Round::back).toMillis() / 1e3, m.lost, m.overlaps));
        }
        return table.append(String.format(Locale.ROOT,
                "%nThe floor: %d ms from pg_promote on a bare standby that has everything to a new connection's first commit.%n",
                floor.toMillis())).toString();
    }

    /** One line of JSON for a file that is read by programs. */
    public String json(Duration floor) {
        return String.format(Locale.ROOT,
                "{\"kind\": \"%s\", \"durability\": \"%s\", \"rounds\": %d, \"medianMillis\": %d, \"worstMillis\": %d,"
                        + " \"floorMillis\": %d, \"toFloor\": %.2f, \"outagesMillis\": %s, \"withUrlMillis\": %s,"
                        + " \"backMillis\": %s, \"lost\": %d, \"overlaps\": %d}",
                kind, durability, rounds.size(), median().toMillis(), worst().toMillis(), floor.toMillis(),
                ratio(floor), millis(Round::outage), millis(Round::withUrl), millis(Round::back), lost, overlaps);
    }

    private double ratio(Duration floor) {
        return floor.isZero() ? 0 : (double) median().toNanos() / floor.toNanos();
    }

    private String millis(Function<Round, Duration> what) {
        return rounds.stream()
                .map(round -> Long.toString(what.apply(round).toMillis()))
                .collect(Collectors.joining(", ", "[", "]"));
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
