package io.holdfast.replication.sim;

import io.holdfast.replication.Guard;

/** A member's leash: another process than its agent, which dies with the host only, and stands still with it. */
final class SimLeash implements Guard {
    /** Of an agent that is dead. */
    static final Guard NONE = new Guard() {
        @Override
        public boolean extend(long untilMillis) {
            return false;
        }

        @Override
        public boolean isAlive() {
            return false;
        }

        @Override
        public void disarm() {
            // There is none.
        }
    };

    private final SimMember member;
    private final SimWorld world;
    private long deadline = Long.MAX_VALUE;
    private boolean alive;

    SimLeash(SimMember member) {
        this.member = member;
        this.world = member.world;
    }

    @Override
    public boolean extend(long untilMillis) {
        alive = true;
        long until = world.now + (long) ((untilMillis - member.clock()) / member.clockRate);
        deadline = deadline == Long.MAX_VALUE ? until : Math.max(until, deadline);
        world.at(Math.max(world.now, deadline), this::look);
        return true;
    }

    @Override
    public boolean isAlive() {
        return alive;
    }

    @Override
    public void disarm() {
        alive = false;
        deadline = Long.MAX_VALUE;
    }

    private void look() {
        if (!alive || world.now < deadline) {
            return;
        }
        if (member.hostFrozen) {
            world.in(20, this::look);
            return;
        }
        disarm();
        member.fence();
    }
}
