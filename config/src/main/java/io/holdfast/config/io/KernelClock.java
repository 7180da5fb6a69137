package io.holdfast.config.io;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What the kernel knows about its clock: {@code adjtimex(2)} with no mode set, which only reads and needs no privilege. */
sealed interface KernelClock {
    /** The state {@code TIME_ERROR}: the clock is not synchronised. */
    int TIME_ERROR = 5;
    /** {@code struct timex} of 64-bit Linux: modes, offset, freq, maxerror (at 24), esterror, status, … */
    int SIZE = 208;
    int MAX_ERROR = 24;

    /**
     * A time service keeps it right.
     *
     * @param maxErrorMicros by how much it can be wrong, in microseconds
     */
    record Synchronised(long maxErrorMicros) implements KernelClock {}

    /** No time service keeps it right. */
    record NotSynchronised() implements KernelClock {}

    /**
     * Nothing can be said.
     *
     * @param why the reason
     */
    record Unknown(String why) implements KernelClock {}

    /** Asks the kernel. */
    @SuppressWarnings("restricted")
    static KernelClock read() {
        if (ValueLayout.ADDRESS.byteSize() != 8) {
            return new Unknown("not a 64-bit system");
        }
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            MemorySegment function = linker.defaultLookup().find("adjtimex").orElseThrow();
            MethodHandle adjtimex = linker.downcallHandle(function,
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            MemorySegment timex = arena.allocate(SIZE, 8);
            int state = (int) adjtimex.invokeExact(timex);
            if (state < 0) {
                return new Unknown("adjtimex is not permitted");
            }
            return state == TIME_ERROR
                    ? new NotSynchronised()
                    : new Synchronised(timex.get(ValueLayout.JAVA_LONG, MAX_ERROR));
        } catch (Throwable e) {
            // invokeExact declares Throwable; whatever it is, the clock's state stays unknown.
            return new Unknown("adjtimex: " + e);
        }
    }
}
