package io.holdfast.replication.io;

import io.holdfast.replication.Guard;
import java.util.ArrayList;
import java.util.List;

/** A leash that stops nobody: it remembers its deadlines. */
final class FakeGuard implements Guard {
    final List<Long> deadlines = new ArrayList<>();
    boolean alive;
    boolean replaceable = true;

    @Override
    public boolean extend(long untilMillis) {
        alive = replaceable;
        if (alive) {
            deadlines.add(untilMillis);
        }
        return alive;
    }

    @Override
    public boolean isAlive() {
        return alive;
    }

    @Override
    public void disarm() {
        alive = false;
        deadlines.clear();
    }
}
