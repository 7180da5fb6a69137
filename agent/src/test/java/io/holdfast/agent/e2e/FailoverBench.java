package io.holdfast.agent.e2e;

import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.Outage;
import io.holdfast.testkit.Report;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import io.holdfast.testkit.io.Writer;
import io.holdfast.testkit.io.WriterClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Measures failovers: {@code FailoverBench KIND [ROUNDS [SETTING=VALUE …]]}, KIND being postmaster, host, cable, freeze or agent
 * (frozen alone). An outage is the longest time between two acknowledged commits around the fault, seen by one writer a member.
 */
public final class FailoverBench {
    private FailoverBench() {}

    /**
     * What all rounds together gave.
     *
     * @param outages one a round, in their order
     * @param lost acknowledged commits that are missing, over all rounds
     * @param overlaps rounds in which two members acknowledged in overlapping times
     */
    record Measured(List<Outage> outages, int lost, int overlaps) {
        /** The middle outage. */
        Duration median() {
            List<Duration> sorted = outages.stream().map(Outage::gap).sorted(Comparator.naturalOrder()).toList();
            return sorted.get(sorted.size() / 2);
        }

        @Override
        public String toString() {
            List<Long> millis = outages.stream().map(o -> o.gap().toMillis()).toList();
            return String.format(Locale.ROOT, "outages %s ms, median %d ms, %d lost, %d rounds with overlap", millis,
                    median().toMillis(), lost, overlaps);
        }
    }

    /** Runs it and prints a line a round and the median. */
    public static void main(String[] args) {
        String kind = args.length > 0 ? args[0] : "postmaster";
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 10;
        LabSpec spec = LabSpec.members(3);
        for (int i = 2; i < args.length; i++) {
            String[] setting = args[i].split("=", 2);
            spec = spec.with(setting[0], setting[1]);
        }
        System.out.println(kind + ", " + rounds + " rounds: " + measure(spec, kind, rounds));
    }

    /** Starts a cluster and breaks its primary again and again. */
    static Measured measure(LabSpec spec, String kind, int rounds) {
        Steps steps = new Steps("bench " + kind);
        try (Lab lab = Scenario.start(spec, steps, "bench-" + kind)) {
            return measure(lab, steps, kind, rounds);
        }
    }

    /** On a cluster that is well. */
    static Measured measure(Lab lab, Steps steps, String kind, int rounds) {
        List<Outage> outages = new ArrayList<>();
        int lost = 0;
        int overlaps = 0;
        for (int round = 1; round <= rounds; round++) {
            Report report = round(lab, kind);
            Outage outage = report.outages().get(0);
            outages.add(outage);
            lost += report.missing().size();
            overlaps += report.overlaps().isEmpty() ? 0 : 1;
            steps.step("round " + round + ": " + report.text().strip());
        }
        return new Measured(outages, lost, overlaps);
    }

    private static Report round(Lab lab, String kind) {
        LabMember old = lab.primary();
        try (Writer writer = WriterClient.start(lab.targets())) {
            writer.awaitMore(100, Scenario.TAKEOVER);
            Fault fault = inject(kind, old);
            writer.mark(fault.mark());
            writer.awaitAckAfter(fault, Scenario.TAKEOVER);
            // A frozen host's commits in flight would show only after it woke: leave it asleep until the new one is at work.
            writer.awaitMore(50, Scenario.TAKEOVER);
            fault.undo();
            lab.awaitHealthy(Scenario.REJOIN);
            writer.awaitMore(20, Scenario.TAKEOVER);
            return writer.stop(lab.primary().target());
        }
    }

    private static Fault inject(String kind, LabMember primary) {
        return switch (kind) {
            case "postmaster" -> primary.faults().killPostmaster();
            case "host" -> primary.faults().killHost();
            case "cable" -> primary.faults().pullCable();
            case "freeze" -> primary.faults().freezeHost();
            case "agent" -> primary.faults().freezeAgent();
            default -> throw new IllegalArgumentException(kind + " is none of postmaster, host, cable, freeze, agent");
        };
    }
}
