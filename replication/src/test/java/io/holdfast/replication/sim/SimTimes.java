package io.holdfast.replication.sim;

import io.holdfast.replication.Action;

/** How long things take, in simulated milliseconds. */
final class SimTimes {
    private SimTimes() {}

    static long of(Action action, SimWorld world) {
        return switch (action) {
            case Action.Initdb a -> world.between(500, 1500);
            case Action.Clone a -> world.between(500, 4000);
            case Action.PrepareRestore a -> world.between(50, 2_000);
            case Action.Restore a -> world.between(500, 5_000);
            case Action.Rewind a -> world.between(200, 1500);
            case Action.Fence a -> world.between(20, 500);
            case Action.StopClean a -> world.between(50, 500);
            case Action.StopPrimary a -> world.between(30, 5_000) / (world.chance(0.8) ? 10 : 1);
            case Action.Prepare a -> world.between(10, 400);
            case Action.Sever a -> world.between(15, 120);
            case Action.Promote a -> world.between(50, 300);
            case Action.ConfirmSync a -> world.between(10, 300);
            case Action.StartStandby a -> world.between(5, 50);
            case Action.StartPrimary a -> world.between(5, 50);
            default -> world.between(1, world.slow ? 120 : 8);
        };
    }
}
