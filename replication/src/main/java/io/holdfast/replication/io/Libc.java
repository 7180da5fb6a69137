package io.holdfast.replication.io;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The few system calls that Java lacks: signals other than TERM and KILL, a write to a pipe that cannot block, and waiting for the
 * end of a process that is no child. Fencing must
 * not depend on being able to fork {@code /bin/kill}.
 */
@SuppressWarnings("restricted") // The native linker is the point of this class; the JVM is started with native access enabled.
final class Libc {
    static final int SIGHUP = 1;
    static final int SIGINT = 2;
    static final int SIGQUIT = 3;
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;

    private static final int O_WRONLY_NONBLOCK_CLOEXEC = 1 | 0x800 | 0x80000;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle KILL = handle("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle OPEN = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle WRITE = handle("write",
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle MKFIFO = handle("mkfifo", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final long SYS_PIDFD_OPEN = 434; // The same number on every architecture, pidfd_open(2); Linux 5.3.
    private static final short POLLIN = 1;
    private static final MethodHandle PIDFD_OPEN = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(1));
    private static final MethodHandle POLL = handle("poll",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Libc() {}

    /** Sends a signal; false when the process is gone or not ours. */
    static boolean signal(long pid, int signal) {
        if (pid <= 1) {
            throw new IllegalArgumentException("a signal to process " + pid);
        }
        try {
            return (int) KILL.invokeExact((int) pid, signal) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("kill", e);
        }
    }

    /** Writes a line to a FIFO; false when nobody has it open for reading, or when it is full. Never blocks. */
    static boolean writeLine(Path fifo, String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.US_ASCII);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(fifo.toString());
            MemorySegment text = arena.allocate(MemoryLayout.sequenceLayout(bytes.length, JAVA_BYTE));
            text.copyFrom(MemorySegment.ofArray(bytes));
            int fd = (int) OPEN.invokeExact(path, O_WRONLY_NONBLOCK_CLOEXEC);
            if (fd < 0) {
                return false;
            }
            long written = (long) WRITE.invokeExact(fd, text, (long) bytes.length);
            int closed = (int) CLOSE.invokeExact(fd);
            return written == bytes.length && closed == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("write to " + fifo, e);
        }
    }

    /**
     * Waits until a process has ended, or is a zombie; costs nothing meanwhile, but blocks the thread that it is called on, which
     * must be a platform thread.
     *
     * @param within at most so long
     * @return false when the kernel cannot wait for it: it is older than Linux 5.3, or the process is gone
     */
    static boolean awaitEnd(long pid, Duration within) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) (long) PIDFD_OPEN.invokeExact(SYS_PIDFD_OPEN, (int) pid, 0);
            if (fd < 0) {
                return false;
            }
            // struct pollfd: int fd; short events; short revents.
            MemorySegment poll = arena.allocate(8, 4);
            poll.set(JAVA_INT, 0, fd);
            poll.set(JAVA_SHORT, 4, POLLIN);
            int ready = (int) POLL.invokeExact(poll, 1L, (int) within.toMillis());
            int closed = (int) CLOSE.invokeExact(fd);
            return ready >= 0 && closed == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("wait for process " + pid, e);
        }
    }

    /** Makes a FIFO for its owner alone. */
    static void makeFifo(Path fifo) throws IOException {
        int status;
        try (Arena arena = Arena.ofConfined()) {
            status = (int) MKFIFO.invokeExact(arena.allocateFrom(fifo.toString()), 0600);
        } catch (Throwable e) {
            throw new IllegalStateException("mkfifo " + fifo, e);
        }
        if (status != 0) {
            throw new IOException("cannot make the FIFO " + fifo);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }
}
