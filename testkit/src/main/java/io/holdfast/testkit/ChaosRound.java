package io.holdfast.testkit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Faults that follow each other without the cluster being well in between. Before it and after it the cluster is well.
 *
 * @param number 1 and up
 * @param faults in the order of their beginnings, 1 and more
 */
public record ChaosRound(int number, List<ChaosFault> faults) {
    /**
     * Takes an immutable copy, in order.
     *
     * @throws IllegalArgumentException for faults that may not meet
     */
    public ChaosRound {
        faults = faults.stream().sorted(Comparator.comparingLong(ChaosFault::atMillis)).toList();
        List<String> objections = objections(faults);
        if (!objections.isEmpty()) {
            throw new IllegalArgumentException("round " + number + ": " + objections);
        }
    }

    /**
     * Why these faults may not be in one round. Crashes, freezes and cut networks may come together in any number: nothing that
     * was acknowledged is lost by them. Disks are another matter: an acknowledged commit is sure to be on the primary's and on one
     * standby's.
     */
    public static List<String> objections(List<ChaosFault> faults) {
        List<String> objections = new ArrayList<>();
        if (faults.isEmpty()) {
            objections.add("there is no fault");
        }
        for (int i = 0; i < faults.size(); i++) {
            for (ChaosFault later : faults.subList(i + 1, faults.size())) {
                ChaosFault fault = faults.get(i);
                if (fault.overlaps(later) && fault.touched().stream().anyMatch(later.touched()::contains)) {
                    objections.add(fault + " and " + later + " break the same thing at the same time");
                }
            }
        }
        List<ChaosFault> lost = faults.stream().filter(f -> f.kind().losesDisk()).toList();
        if (lost.size() > 1) {
            objections.add("a second disk is lost before the first one's data is copied again");
        }
        for (ChaosFault loss : lost) {
            if (faults.stream().filter(f -> f.atMillis() <= loss.atMillis()).count() > 1) {
                objections.add("a disk is lost while the cluster is not well: its copy may be the only one");
            }
            if (loss.seats().contains(0) && faults.size() > 1) {
                objections
                        .add("the primary's disk is lost and something else too: it may go on alone with what is lost");
            }
        }
        return objections;
    }

    /** Whether the cluster must have both copies of everything before it begins. */
    public boolean losesDisk() {
        return faults.stream().anyMatch(f -> f.kind().losesDisk());
    }

    /** When the last fault is undone, from the round's begin on. */
    public long endMillis() {
        return faults.stream().mapToLong(ChaosFault::endMillis).max().orElse(0);
    }

    @Override
    public String toString() {
        return "round " + number + ": " + faults.stream().map(ChaosFault::toString).collect(Collectors.joining("; "));
    }
}
