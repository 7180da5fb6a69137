package io.holdfast.agent.e2e;

import io.holdfast.testkit.FailoverLedger;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Measured;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Failovers one after the other, of mixed kinds, as fast as the cluster is well again: {@code FailoverStreak [--failovers 200]
 * [--kinds postmaster,host,freeze,cable] [--seed N] [--durability quorum] [--ledger PAGE] [SETTING=VALUE …]}. Ends with 1 at the
 * first that loses something, overlaps, or is not over in time. Its row on the page is kept up to date after every failover: what
 * ends early counts too. A PostgreSQL that is
 * started again in its place is no failover and does not count.
 */
public final class FailoverStreak {
    private final Lab lab;
    private final Steps steps;
    private final Deque<String> bag = new ArrayDeque<>();
    private final List<String> kinds;
    private final Random random;
    private final List<Duration> outages = new ArrayList<>();
    private final Keeper keeper;

    private FailoverStreak(Lab lab, Steps steps, List<String> kinds, long seed, Keeper keeper) {
        this.lab = lab;
        this.steps = steps;
        this.kinds = kinds;
        this.random = new Random(seed);
        this.keeper = keeper;
    }

    /** Runs it. */
    public static void main(String[] args) throws IOException {
        Arguments given = new Arguments(args, List.of("failovers", "kinds", "seed", "durability", "ledger"));
        LabSpec spec = LabSpec.members(3).with("durability", given.text("durability", "quorum"));
        for (String setting : given.rest()) {
            String[] pair = setting.split("=", 2);
            spec = spec.with(pair[0], pair[1]);
        }
        Steps steps = new Steps("failovers");
        String ledger = given.text("ledger", "");
        Keeper keeper = new Keeper(ledger.isEmpty() ? null : Path.of(ledger));
        String ended;
        int count;
        try (Lab lab = Scenario.start(spec, steps, "failovers")) {
            FailoverStreak streak = new FailoverStreak(lab, steps,
                    List.of(given.text("kinds", String.join(",", PrimaryLoss.FAILOVERS)).split(",", -1)),
                    given.number("seed", System.currentTimeMillis()), keeper);
            ended = streak.run((int) given.number("failovers", 200));
            count = streak.outages.size();
        }
        steps.step(count + " failovers went well" + (ended.isEmpty() ? "" : ", then: " + ended));
        System.exit(ended.isEmpty() ? 0 : 1);
    }

    /** Empty, or what went wrong. */
    private String run(int wanted) throws IOException {
        try (Writer writer = WriterClient.start(lab.targets())) {
            while (outages.size() < wanted) {
                String wrong = next(writer, wanted);
                if (!wrong.isEmpty()) {
                    keeper.keep(outages, FailoverLedger.State.FAILED, wrong);
                    lab.fail();
                    return wrong;
                }
                keeper.keep(outages, FailoverLedger.State.RUNNING, "");
            }
            keeper.keep(outages, FailoverLedger.State.WELL, "");
            return "";
        }
    }

    private String next(Writer writer, int wanted) {
        if (bag.isEmpty()) {
            List<String> shuffled = new ArrayList<>(kinds);
            Collections.shuffle(shuffled, random);
            bag.addAll(shuffled);
        }
        String kind = bag.removeFirst();
        try {
            PrimaryLoss loss = PrimaryLoss.play(lab, kind, List.of(writer));
            Report report = writer.soFar(loss.now().target());
            Duration outage = report.outages().get(report.outages().size() - 1).gap();
            if (!report.missing().isEmpty() || !report.overlaps().isEmpty()) {
                return kind + ": " + report.missing().size() + " lost, " + report.overlaps().size() + " overlaps";
            }
            if (loss.changedHands()) {
                outages.add(outage);
            }
            steps.step(String.format(Locale.ROOT, "%d/%d %-10s %s %d ms, back after %.1f s, %d acknowledged, 0 lost",
                    outages.size(), wanted, kind,
                    loss.changedHands() ? loss.old() + " -> " + loss.now() : "in place on " + loss.old(),
                    outage.toMillis(), loss.back().toMillis() / 1e3, report.acks().size()));
            return "";
        } catch (AssertionError | RuntimeException e) {
            steps.step(kind + " failed: " + e.getMessage() + "\n" + lab.describe());
            return kind + ": " + String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
    }

    /**
     * Keeps the run's row on the page after every failover, so that a run that is ended early still counts. The page is replaced
     * as a whole, and read anew each time: others may write to it meanwhile.
     */
    private static final class Keeper {
        private final @Nullable Path page;
        private boolean begun;
        private boolean over;
        private FailoverLedger.Run last = new FailoverLedger.Run("", 0, 0, 0, FailoverLedger.State.RUNNING, "");

        Keeper(@Nullable Path page) {
            this.page = page;
            // By Ctrl-C or SIGTERM; the lab's own hook removes the cluster at the same time, and what then fails is not counted.
            Runtime.getRuntime().addShutdownHook(new Thread(this::stopped, "ledger-stopped"));
        }

        synchronized void keep(List<Duration> outages, FailoverLedger.State state, String why) throws IOException {
            if (!over) {
                long median = outages.isEmpty() ? 0 : Measured.median(outages).toMillis();
                long worst = outages.stream().max(Comparator.naturalOrder()).orElse(Duration.ZERO).toMillis();
                over = state != FailoverLedger.State.RUNNING;
                write(new FailoverLedger.Run(LocalDate.now(ZoneOffset.UTC).toString(), outages.size(), median, worst,
                        state, why));
            }
        }

        private synchronized void stopped() {
            if (begun && !over) {
                over = true;
                try {
                    write(new FailoverLedger.Run(last.date(), last.failovers(), last.medianMillis(),
                            last.worstMillis(), FailoverLedger.State.STOPPED, ""));
                } catch (IOException e) {
                    System.err.println("the ledger keeps the row of a run that goes on: " + e);
                }
            }
            over = true;
        }

        private void write(FailoverLedger.Run run) throws IOException {
            last = run;
            if (page != null) {
                String text = Files.readString(page);
                Path next = page.resolveSibling(page.getFileName() + ".new");
                Files.writeString(next,
                        begun ? FailoverLedger.replaceLast(text, run) : FailoverLedger.append(text, run));
                Files.move(next, page, StandardCopyOption.ATOMIC_MOVE);
            }
            begun = true;
        }
    }
}
