package io.holdfast.replication.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.replication.Guard;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The leash as the driver sees it: deadlines of the agent's clock become deadlines of the host's. */
public final class LeashGuard implements Guard {
    private static final Logger LOG = LoggerFactory.getLogger(LeashGuard.class);

    private final Leash leash;
    private final BooleanSupplier hasData;
    private final LongSupplier nowMillis;

    /**
     * On a leash.
     *
     * @param hasData whether there is a data directory: without one there is nothing to stop
     * @param nowMillis the agent's monotonic clock
     */
    public LeashGuard(Leash leash, BooleanSupplier hasData, LongSupplier nowMillis) {
        this.leash = leash;
        this.hasData = hasData;
        this.nowMillis = nowMillis;
    }

    @Override
    public boolean extend(long untilMillis) {
        if (!hasData.getAsBoolean()) {
            return false;
        }
        Uptime until = Uptime.now().plus(Duration.ofMillis(untilMillis - nowMillis.getAsLong()));
        if (leash.extend(until)) {
            return true;
        }
        try {
            leash.arm(until);
            return true;
        } catch (HoldfastException e) {
            LOG.error("{}", e.getMessage());
            return false;
        }
    }

    @Override
    public boolean isAlive() {
        return leash.isAlive();
    }

    @Override
    public void disarm() {
        leash.disarm();
    }
}
