package io.holdfast.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the clients saw from the first attempt to the last.
 *
 * @param acks every acknowledged commit, in the order of arrival
 * @param outages one for each fault, in their order
 * @param missing acknowledged ids that the final primary does not have: lost commits
 * @param overlaps members that acknowledged after a later one had begun
 * @param warnings commits that came with a warning about a cancelled wait, and are not counted as acknowledged
 * @param attempts how many inserts were tried, acknowledged or not
 */
public record Report(List<Ack> acks, List<Outage> outages, Set<Long> missing, List<Overlap> overlaps,
        List<String> warnings, long attempts) {

    /** Takes immutable copies. */
    public Report {
        acks = List.copyOf(acks);
        outages = List.copyOf(outages);
        missing = Set.copyOf(missing);
        overlaps = List.copyOf(overlaps);
        warnings = List.copyOf(warnings);
    }

    /**
     * Judges a run.
     *
     * @param acks in any order
     * @param faults in any order
     * @param present the ids that the final primary has
     * @param warnings commits with a warning
     * @param attempts inserts tried
     * @param endNanos when the writing ended
     */
    public static Report of(List<Ack> acks, List<FaultMark> faults, Set<Long> present, List<String> warnings,
            long attempts, long endNanos) {
        List<Ack> arrived = new ArrayList<>(acks);
        arrived.sort(Comparator.comparingLong(Ack::endNanos));
        Set<Long> missing = new TreeSet<>();
        arrived.forEach(ack -> {
            if (!present.contains(ack.id())) {
                missing.add(ack.id());
            }
        });
        return new Report(arrived, outages(arrived, faults, endNanos), missing, overlaps(arrived), warnings, attempts);
    }

    /** The longest outage of all faults; zero where there was no fault. */
    public Duration longestOutage() {
        return outages.stream().map(Outage::gap).max(Comparator.naturalOrder()).orElse(Duration.ZERO);
    }

    /** The middle one of the outages, the greater of two; zero where there was no fault. */
    public Duration medianOutage() {
        List<Duration> sorted = outages.stream().map(Outage::gap).sorted().toList();
        return sorted.isEmpty() ? Duration.ZERO : sorted.get(sorted.size() / 2);
    }

    /** A few lines for a person: what was tried, how long it stood still, what was lost. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%d attempts, %d acknowledged, %d lost, %d with a warning%n", attempts,
                acks.size(), missing.size(), warnings.size()));
        for (Outage outage : outages) {
            text.append(String.format(Locale.ROOT, "  %-40s %6d ms  %s -> %s%n", outage.fault(),
                    outage.gap().toMillis(),
                    outage.from().isEmpty() ? "(nobody)" : outage.from(), outage.ended() ? outage.to() : "(nobody)"));
        }
        if (!missing.isEmpty()) {
            text.append("  LOST ").append(missing.stream().sorted().limit(20).toList()).append(System.lineSeparator());
        }
        for (Overlap overlap : overlaps) {
            text.append(String.format(Locale.ROOT,
                    "  SPLIT BRAIN %s acknowledged %d commits until %.1f ms after %s's first%n",
                    overlap.older(), overlap.acks(), overlap.millis(), overlap.newer()));
        }
        return text.toString();
    }

    private static List<Outage> outages(List<Ack> arrived, List<FaultMark> faults, long endNanos) {
        List<FaultMark> inOrder = faults.stream().sorted(Comparator.comparingLong(FaultMark::atNanos)).toList();
        List<Outage> outages = new ArrayList<>();
        for (int i = 0; i < inOrder.size(); i++) {
            long until = i + 1 < inOrder.size() ? inOrder.get(i + 1).atNanos() : endNanos;
            outages.add(outage(arrived, inOrder.get(i), until));
        }
        return outages;
    }

    /** The longest gap that ends after the fault and begins before the next one. */
    private static Outage outage(List<Ack> arrived, FaultMark fault, long untilNanos) {
        long gap = 0;
        String from = "";
        String to = "";
        long lastNanos = fault.atNanos();
        String last = "";
        for (Ack ack : arrived) {
            if (ack.endNanos() <= fault.atNanos()) {
                lastNanos = ack.endNanos();
                last = ack.member();
                continue;
            }
            if (lastNanos >= untilNanos) {
                break;
            }
            // What lies beyond the next fault is that one's.
            long silent = Math.min(ack.endNanos(), untilNanos) - lastNanos;
            if (silent > gap) {
                gap = silent;
                from = last;
                to = ack.member();
            }
            lastNanos = ack.endNanos();
            last = ack.member();
        }
        if (untilNanos - lastNanos > gap) {
            gap = untilNanos - lastNanos;
            from = last;
            to = "";
        }
        return new Outage(fault.name(), Duration.ofNanos(gap), from, to);
    }

    /**
     * An acknowledgement is out of order when another member had acknowledged before it on a later timeline, for a promotion
     * always begins a new one, and never goes back. Two members on one timeline are out of order when they take turns:
     * each was heard after the other.
     */
    private static List<Overlap> overlaps(List<Ack> arrived) {
        List<String> members = arrived.stream().map(Ack::member).distinct().sorted().toList();
        List<Overlap> overlaps = new ArrayList<>();
        for (String older : members) {
            for (String newer : members) {
                if (!older.equals(newer)) {
                    overlap(arrived, older, newer).ifPresent(overlaps::add);
                }
            }
        }
        return overlaps;
    }

    private static Optional<Overlap> overlap(List<Ack> arrived, String older, String newer) {
        // By timeline: the newer member's first acknowledgement, and its first after one of the older member's.
        TreeMap<Integer, Long> first = new TreeMap<>();
        TreeMap<Integer, Long> turn = new TreeMap<>();
        Set<Integer> heard = new TreeSet<>();
        int acks = 0;
        long longest = 0;
        for (Ack ack : arrived) {
            int timeline = ack.timeline();
            if (ack.member().equals(newer)) {
                first.putIfAbsent(timeline, ack.endNanos());
                if (heard.contains(timeline)) {
                    turn.putIfAbsent(timeline, ack.endNanos());
                }
            } else if (ack.member().equals(older)) {
                heard.add(timeline);
                long since = first.tailMap(timeline, false)
                        .values()
                        .stream()
                        .mapToLong(Long::longValue)
                        .min()
                        .orElse(Long.MAX_VALUE);
                since = Math.min(since, turn.getOrDefault(timeline, Long.MAX_VALUE));
                if (since < ack.endNanos()) {
                    acks++;
                    longest = Math.max(longest, ack.endNanos() - since);
                }
            }
        }
        return acks == 0 ? Optional.empty() : Optional.of(new Overlap(older, newer, acks, longest / 1e6));
    }
}
