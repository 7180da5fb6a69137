package io.holdfast.testkit.io;

import io.holdfast.testkit.FaultMark;
import io.holdfast.testkit.Report;
import java.time.Duration;

/** A client that writes without a pause until it is told to stop. */
public sealed interface Writer extends AutoCloseable permits WriterClient, MultiHostWriter {
    /** Notes a fault, so that the report measures its outage. */
    void mark(FaultMark fault);

    /** How many commits have been acknowledged. */
    long acknowledged();

    /** How many commits have been acknowledged by attempts that began after an instant of {@code System.nanoTime()}. */
    long acknowledgedSince(long nanos);

    /** Waits until somebody acknowledges an attempt that begins when the fault is complete. */
    default void awaitAckAfter(Fault fault, Duration atMost) {
        Eventually.within(atMost, "a commit is acknowledged after: " + fault.mark().name(),
                () -> acknowledgedSince(fault.brokenNanos()) > 0);
    }

    /** Waits for a number of further acknowledgements. */
    default void awaitMore(int acks, Duration atMost) {
        long before = acknowledged();
        Eventually.within(atMost, acks + " more commits are acknowledged", () -> acknowledged() - before >= acks);
    }

    /** Ends the writing and judges it by what the final primary has. */
    Report stop(Target finalPrimary);

    @Override
    void close();
}
