package io.holdfast.agent.e2e;

import io.holdfast.testkit.Discarded;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Measured;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
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
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Measures failovers: {@code FailoverBench [--rounds 10] [--kinds postmaster,host,freeze,cable,switchover] [--durability quorum]
 * [--backup MEGABYTES] [--floor 7] [--json FILE] [SETTING=VALUE …]}; also the kind agent (frozen alone). An outage is the longest time between two
 * acknowledged commits around the fault, seen by one writer a member; beside it the same for a driver with all hosts in its URL, and for a client of the
 * documentation's HAProxy; and what was lost, commit by commit, against what the events tell. With {@code --backup} a full
 * backup of so many megabytes is under way whenever the primary is broken.
 */
public final class FailoverBench {
    private FailoverBench() {}

    /** Runs it: a line a round, at the end the table. */
    public static void main(String[] args) throws IOException {
        Arguments given = new Arguments(args, List.of("rounds", "kinds", "durability", "floor", "json", "backup"));
        int rounds = (int) given.number("rounds", 10);
        LabSpec spec = LabSpec.members(3).with("durability", given.text("durability", "quorum"));
        long backup = given.number("backup", 0);
        if (backup > 0) {
            spec = spec.withBackups();
        }
        for (String setting : given.rest()) {
            String[] pair = setting.split("=", 2);
            spec = spec.with(pair[0], pair[1]);
        }
        List<String> kinds = List.of(given.text("kinds", String.join(",", PrimaryLoss.MEASURED)).split(",", -1));
        System.out.println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + ", "
                + Runtime.getRuntime().availableProcessors() + " cores, load " + load() + ", " + spec.settings());
        Duration floor = Floor.measure((int) given.number("floor", 7));
        List<Measured> all = measure(spec, kinds, rounds, backup);
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
    private static List<Measured> measure(LabSpec spec, List<String> kinds, int rounds, long backup)
            throws IOException {
        Steps steps = new Steps("bench");
        List<Measured> all = new ArrayList<>();
        try (Lab lab = Scenario.start(spec, steps, "bench")) {
            if (!Proxy.isInstalled()) {
                steps.step("no HAProxy here ('make setup' as root installs it): its column stays empty");
            }
            try {
                BackupLoad load = backup == 0 ? null : new BackupLoad(lab, backup);
                if (load != null) {
                    load.withoutFault(steps);
                }
                for (String kind : kinds) {
                    all.add(measure(lab, steps, kind, rounds, load));
                }
                if (load != null) {
                    steps.step(load.summary());
                }
            } catch (AssertionError | RuntimeException e) {
                lab.fail();
                throw e;
            }
        }
        return all;
    }

    /** On a cluster that is well. */
    static Measured measure(Lab lab, Steps steps, String kind, int rounds) throws IOException {
        return measure(lab, steps, kind, rounds, null);
    }

    private static Measured measure(Lab lab, Steps steps, String kind, int rounds, @Nullable BackupLoad load)
            throws IOException {
        List<Measured.Round> done = new ArrayList<>();
        int overlaps = 0;
        try (Proxy proxy = Proxy.isInstalled() ? Proxy.start(lab, lab.directory()) : null) {
            if (proxy != null) {
                Eventually.within(Scenario.TAKEOVER, "the proxy leads to a primary", proxy.primary()::isPrimary);
            }
            for (int round = 1; round <= rounds; round++) {
                CompletableFuture<Commands.Result> backup = load == null ? null : load.begin();
                overlaps += round(lab, steps, kind + " " + round, kind, proxy, done);
                if (load != null && backup != null) {
                    steps.step("the backup meanwhile is " + load.end(backup));
                }
            }
        }
        String durability = lab.spec().settings().getOrDefault("durability", "quorum");
        return new Measured(kind, durability, Measured.Bar.of(kind, durability, lease(lab)), done, overlaps);
    }

    /** One round more; 1 where two members acknowledged out of turn. */
    private static int round(Lab lab, Steps steps, String title, String kind, @Nullable Proxy proxy,
            List<Measured.Round> done) {
        GivenUp givenUp = GivenUp.from(lab);
        List<Writer> writers = new ArrayList<>();
        try {
            writers.add(WriterClient.start(lab.targets()));
            writers.add(MultiHostWriter.start(lab.targets()));
            if (proxy != null) {
                writers.add(WriterClient.start(List.of(proxy.primary()), "holdfast_test_proxy"));
            }
            PrimaryLoss loss = PrimaryLoss.play(lab, kind, writers);
            List<Report> reports = writers.stream().map(w -> w.stop(lab.primary().target())).toList();
            List<String> wrong = givenUp.contradictions(reports);
            Measured.Round measured = new Measured.Round(reports.get(0).longestOutage(), reports.get(1).longestOutage(),
                    proxy == null ? Duration.ZERO : reports.get(2).longestOutage(), loss.back(),
                    reports.stream().mapToInt(r -> r.missing().size()).sum(),
                    givenUp.told().stream().mapToLong(Discarded::bytes).sum(), wrong.isEmpty());
            done.add(measured);
            steps.step(String.format(Locale.ROOT,
                    "%s: %s; with a URL %d ms, through HAProxy %d ms, back after %d ms; %d ids lost in all, %d bytes of"
                            + " WAL given up as the events tell it%s",
                    title, reports.get(0).text().strip(), measured.withUrl().toMillis(),
                    measured.withProxy().toMillis(), measured.back().toMillis(), measured.lost(), measured.toldBytes(),
                    wrong.isEmpty() ? "" : ", which does not fit: " + wrong));
            return reports.get(0).overlaps().isEmpty() ? 0 : 1;
        } finally {
            writers.forEach(Writer::close);
        }
    }

    /** The setting, in seconds or milliseconds. */
    private static Duration lease(Lab lab) {
        String text = lab.spec().settings().getOrDefault("lease", "5s");
        return text.endsWith("ms")
                ? Duration.ofMillis(Long.parseLong(text.replace("ms", "")))
                : Duration.ofSeconds(Long.parseLong(text.replace("s", "")));
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    }
}
