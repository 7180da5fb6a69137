package io.holdfast.testkit.io;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Linux signals by kill(2) itself: a forked {@code kill} would come milliseconds late when several must go at once. */
final class Signals {
    static final int QUIT = 3;
    static final int KILL = 9;
    static final int TERM = 15;
    static final int CONT = 18;
    static final int STOP = 19;

    private static final MethodHandle KILL_CALL = find();

    private Signals() {}

    /** Whether the process was there and took it. */
    static boolean send(long pid, int signal) {
        if (pid <= 1) {
            throw new IllegalArgumentException("pid " + pid + " is not one process of a lab");
        }
        try {
            return (int) KILL_CALL.invokeExact((int) pid, signal) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("kill(" + pid + ", " + signal + ") could not be called", e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle find() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find("kill").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    }
}
