package io.holdfast.testkit.io;

import io.holdfast.testkit.ChaosFault;
import io.holdfast.testkit.ChaosKind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Does to the members of a lab what a plan says of seats. */
final class ChaosFaults {
    private static final Duration DELAY = Duration.ofMillis(150);
    private static final double LOSS_PERCENT = 5;

    private ChaosFaults() {}

    /** The kinds that cannot be had in a lab, each with the reason. */
    static Map<ChaosKind, String> impossible(Lab lab) {
        Map<ChaosKind, String> impossible = new EnumMap<>(ChaosKind.class);
        lab.network().noPartitions().ifPresent(why -> {
            for (ChaosKind kind : List.of(ChaosKind.PULL_CABLE, ChaosKind.CUT_LINK, ChaosKind.CUT_ONE_WAY,
                    ChaosKind.SLOW_LINK)) {
                impossible.put(kind, why);
            }
        });
        if (!impossible.containsKey(ChaosKind.SLOW_LINK)) {
            lab.network().noDelays().ifPresent(why -> impossible.put(ChaosKind.SLOW_LINK, why));
        }
        if (lab.spec().diskBytes() == 0 || !Commands.ROOT) {
            impossible.put(ChaosKind.FILL_DISK, "the members have no disks of their own");
        }
        return impossible;
    }

    /**
     * Breaks it now.
     *
     * @param seats who sits where
     * @throws IllegalStateException where there is nothing to break, for it is broken already
     */
    static Fault inject(ChaosFault fault, List<LabMember> seats) {
        List<LabMember> concerned = fault.seats().stream().map(seats::get).toList();
        Faults first = concerned.get(0).faults();
        return switch (fault.kind()) {
            case KILL_POSTMASTER -> first.killPostmaster();
            case KILL_AGENT -> first.killAgent();
            case KILL_HOST -> first.killHost();
            case FREEZE_HOST -> first.freezeHost();
            case FREEZE_AGENT -> first.freezeAgent();
            case FREEZE_POSTGRES -> first.freezePostgres();
            case PULL_CABLE -> first.pullCable();
            case CUT_ONE_WAY -> first.cutOneWay(concerned.get(1));
            case CUT_LINK -> first.cutLink(concerned.get(1));
            case SLOW_LINK -> first.slowLink(DELAY, LOSS_PERCENT);
            case DELETE_DATA -> first.deleteData();
            case FILL_DISK -> first.fillDisk();
            case RESTART_ALL -> all("power of " + names(concerned) + " lost", concerned, m -> m.faults()::killHost);
            case LOSE_QUORUM -> all("kill -9 agents of " + names(concerned), concerned, m -> m.faults()::killAgent);
        };
    }

    private static Fault all(String name, List<LabMember> members,
            Function<LabMember, Supplier<Fault>> breaking) {
        return Fault.together(name, members.stream().map(breaking).toList());
    }

    private static String names(List<LabMember> members) {
        return members.stream().map(LabMember::name).sorted().collect(Collectors.joining(", "));
    }

    /** {@code kill-host}. */
    static String name(ChaosKind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
