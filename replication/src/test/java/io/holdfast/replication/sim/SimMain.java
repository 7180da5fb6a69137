package io.holdfast.replication.sim;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Plays many histories and counts, or one and tells it. */
public final class SimMain {
    private SimMain() {}

    /**
     * Plays.
     *
     * @param args {@code --seeds N} plays N histories, {@code --from S} beginning with seed S (default 1); {@code --seed S}
     *     plays one and tells it
     */
    public static void main(String[] args) {
        long seed = option(args, "--seed", -1);
        if (seed >= 0) {
            tell(seed);
            return;
        }
        if (args.length > 0 && args[0].equals("--rules")) {
            rules(option(args, "--seeds", 3_000));
            return;
        }
        System.exit(many(option(args, "--from", 1), option(args, "--seeds", 10_000)) ? 0 : 1);
    }

    private static long option(String[] args, String name, long otherwise) {
        return IntStream.range(0, args.length - 1)
                .filter(i -> args[i].equals(name))
                .mapToLong(i -> Long.parseLong(args[i + 1]))
                .findFirst()
                .orElse(otherwise);
    }

    private static void rules(long seeds) {
        for (BrokenRule rule : BrokenRule.values()) {
            if (System.getProperty("rule") != null && !rule.name().matches(System.getProperty("rule"))) {
                continue;
            }
            var found = LongStream.rangeClosed(1, seeds)
                    .parallel()
                    .mapToObj(s -> History.play(s, rule, false))
                    .filter(h -> !h.violations().isEmpty())
                    .findFirst();
            System.out.println(rule + ": " + found.map(h -> "seed " + h.seed() + ", " + h.violations().getFirst())
                    .orElse("NOT NOTICED in " + seeds + " histories"));
        }
    }

    private static void tell(long seed) {
        History history = History.play(seed, Mutation.NONE, true);
        history.story().forEach(System.out::println);
        System.out
                .println(history.violations().isEmpty() ? "no promise was broken" : "BROKEN: " + history.violations());
        System.exit(history.violations().isEmpty() ? 0 : 1);
    }

    private static boolean many(long from, long number) {
        long began = System.nanoTime();
        List<History> histories = LongStream.range(from, from + number)
                .parallel()
                .mapToObj(s -> History.play(s, Mutation.NONE, false))
                .toList();
        double seconds = (System.nanoTime() - began) / 1e9;
        histories.stream()
                .filter(h -> !h.violations().isEmpty())
                .limit(20)
                .forEach(h -> System.out.println("seed " + h.seed() + ": " + h.violations().getFirst()));
        long broken = histories.stream().filter(h -> !h.violations().isEmpty()).count();
        System.out.printf(Locale.ROOT, "%d histories in %.1f s, %.0f a second; %d with a broken promise%n", number,
                seconds,
                number / seconds, broken);
        System.out.printf(Locale.ROOT, "with a takeover %s, with a rejoin %s, with a change of the sync set %s%n",
                share(histories.stream().filter(h -> h.counts().takeovers > 0).count(), number),
                share(histories.stream().filter(h -> h.counts().rejoins > 0).count(), number),
                share(histories.stream().filter(h -> h.counts().syncChanges > 2).count(), number));
        System.out.printf(Locale.ROOT, "with a primary that goes on by failsafe %s%n",
                share(histories.stream().filter(h -> h.counts().failsafe > 0).count(), number));
        System.out.printf(Locale.ROOT, "with a restore of the cluster %s%n",
                share(histories.stream().filter(h -> h.counts().restores > 0).count(), number));
        System.out.printf(Locale.ROOT, "with a member that is made of a backup %s%n",
                share(histories.stream().filter(h -> h.counts().copies > 0).count(), number));
        System.out.printf(Locale.ROOT, "%.1f faults and %.0f acknowledged commits a history%n",
                histories.stream().mapToInt(h -> h.counts().faults).average().orElse(0),
                histories.stream().mapToInt(h -> h.counts().commits).average().orElse(0));
        return broken == 0;
    }

    private static String share(long part, long whole) {
        return String.format(Locale.ROOT, "%.0f %%", 100.0 * part / whole);
    }
}
