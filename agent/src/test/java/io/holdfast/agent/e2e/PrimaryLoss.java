package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Fault;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Writer;
import java.time.Duration;
import java.util.List;

/**
 * A primary that was lost once, under writers that go on, in a cluster that is well before and after.
 *
 * @param fault what was done
 * @param old who was primary
 * @param now who is
 * @param back from the instant that the old one's host was there again until it streamed
 */
record PrimaryLoss(Fault fault, LabMember old, LabMember now, Duration back) {
    /** By which another member becomes primary whatever the agents decide. */
    static final List<String> FAILOVERS = List.of("postmaster", "host", "freeze", "cable");
    /** Those that are measured unless somebody says otherwise. */
    static final List<String> MEASURED = List.of("postmaster", "host", "freeze", "cable", "switchover");

    /** Breaks the primary, waits until all is well. */
    static PrimaryLoss play(Lab lab, String kind, List<? extends Writer> writers) {
        LabMember old = lab.primary();
        writers.forEach(writer -> writer.awaitMore(50, Scenario.TAKEOVER));
        Fault fault = inject(kind, lab, old);
        writers.forEach(writer -> writer.mark(fault.mark()));
        if (kind.equals("host") || kind.equals("freeze") || kind.equals("cable")) {
            // Clients still reach a primary that only its peers have lost; in durability async it goes on for its lease.
            Eventually.within(Scenario.TAKEOVER, "another than " + old + " takes writes",
                    () -> lab.others(old).stream().anyMatch(m -> m.target().isPrimary()));
        }
        writers.forEach(writer -> writer.awaitAckAfter(fault, Scenario.TAKEOVER));
        // A frozen host's commits in flight would show only after it woke: leave it asleep until the new one is at work.
        writers.get(0).awaitMore(50, Scenario.TAKEOVER);
        boolean there = kind.equals("postmaster") || kind.equals("switchover");
        long backNanos = there ? fault.mark().atNanos() : System.nanoTime();
        fault.undo();
        Eventually.within(Scenario.REJOIN, old + " streams again",
                () -> streams(old) || lab.primaries().equals(List.of(old)));
        Duration back = Duration.ofNanos(System.nanoTime() - backNanos);
        Scenario.awaitAllCount(lab);
        writers.forEach(writer -> writer.awaitMore(20, Scenario.TAKEOVER));
        return new PrimaryLoss(fault, old, lab.primary(), back);
    }

    /** Whether somebody else is primary now; where PostgreSQL was started again in its place, nobody is. */
    boolean changedHands() {
        return old != now;
    }

    private static boolean streams(LabMember member) {
        return member.target()
                .ask("SELECT status FROM pg_stat_wal_receiver")
                .filter("streaming"::equals)
                .isPresent();
    }

    private static Fault inject(String kind, Lab lab, LabMember primary) {
        return switch (kind) {
            case "postmaster" -> primary.faults().killPostmaster();
            case "host" -> primary.faults().killHost();
            case "cable" -> primary.faults().pullCable();
            case "freeze" -> primary.faults().freezeHost();
            case "agent" -> primary.faults().freezeAgent();
            case "switchover" -> switchover(primary, lab.others(primary).get(0));
            default -> throw new IllegalArgumentException(
                    kind + " is none of postmaster, host, cable, freeze, agent, switchover");
        };
    }

    private static Fault switchover(LabMember from, LabMember to) {
        return Fault.inject("switchover " + from + " -> " + to, () -> {
            Commands.Result result = from.cli("switchover", "--to", to.name());
            if (result.exit() != 0) {
                throw new AssertionError("switchover ended with " + result.exit() + ": " + result.text());
            }
        }, () -> {});
    }
}
