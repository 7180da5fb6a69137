package io.holdfast.agent.e2e;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Measured;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.MultiHostWriter;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures failovers: {@code FailoverBench [--rounds 10] [--kinds postmaster,host,freeze,cable,switchover] [--durability quorum]
 * [--floor 7] [--json FILE] [SETTING=VALUE …]}; also the kind agent (frozen alone). An outage is the longest time between two
 * acknowledged commits around the fault, seen by one writer a member; beside it the same for a driver with all hosts in its URL.
 */
public final class FailoverBench {
    private FailoverBench() {}

    /** Runs it: a line a round, at the end the table. */
    public static void main(String[] args) throws IOException {
        Arguments given = new Arguments(args, List.of("rounds", "kinds", "durability", "floor", "json"));
        int rounds = (int) given.number("rounds", 10);
        LabSpec spec = LabSpec.members(3).with("durability", given.text("durability", "quorum"));
        for (String setting : given.rest()) {
            String[] pair = setting.split("=", 2);
            spec = spec.with(pair[0], pair[1]);
        }
        List<String> kinds = List.of(given.text("kinds", String.join(",", PrimaryLoss.MEASURED)).split(",", -1));
        System.out.println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + ", "
                + Runtime.getRuntime().availableProcessors() + " cores, load " + load() + ", " + spec.settings());
        Duration floor = Floor.measure((int) given.number("floor", 7));
        List<Measured> all = measure(spec, kinds, rounds);
        System.out.println(Measured.table(all, floor) + "Load " + load() + " at the end.");
        String json = given.text("json", "");
        for (Measured measured : all) {
            System.out.println(measured.json(floor));
            if (!json.isEmpty()) {
                Files.writeString(Path.of(json), measured.json(floor) + "\n", StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
        }
    }

    /** Starts a cluster and breaks its primary again and again. */
    private static List<Measured> measure(LabSpec spec, List<String> kinds, int rounds) {
        Steps steps = new Steps("bench");
        List<Measured> all = new ArrayList<>();
        try (Lab lab = Scenario.start(spec, steps, "bench")) {
            try {
                for (String kind : kinds) {
                    all.add(measure(lab, steps, kind, rounds));
                }
            } catch (AssertionError | RuntimeException e) {
                lab.fail();
                throw e;
            }
        }
        return all;
    }

    /** On a cluster that is well. */
    static Measured measure(Lab lab, Steps steps, String kind, int rounds) {
        List<Measured.Round> done = new ArrayList<>();
        int lost = 0;
        int overlaps = 0;
        for (int round = 1; round <= rounds; round++) {
            try (Writer writer = WriterClient.start(lab.targets()); Writer url = MultiHostWriter.start(lab.targets())) {
                PrimaryLoss loss = PrimaryLoss.play(lab, kind, List.of(writer, url));
                Report report = writer.stop(lab.primary().target());
                Report withUrl = url.stop(lab.primary().target());
                done.add(new Measured.Round(report.longestOutage(), withUrl.longestOutage(), loss.back()));
                lost += report.missing().size() + withUrl.missing().size();
                overlaps += report.overlaps().isEmpty() ? 0 : 1;
                steps.step(kind + " " + round + ": " + report.text().strip() + "; with a URL "
                        + withUrl.longestOutage().toMillis() + " ms, back after " + loss.back().toMillis() + " ms");
            }
        }
        return new Measured(kind, lab.spec().settings().getOrDefault("durability", "quorum"), done, lost, overlaps);
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    }
}
