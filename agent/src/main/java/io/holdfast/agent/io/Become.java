package io.holdfast.agent.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns this process into another program (execv(3)), under another user. Java has no exec; a child would leave this JVM behind
 * as a memory-eating parent that must pass every signal on, and whose death nobody would notice.
 */
public final class Become {
    private static final String SETPRIV = "/usr/bin/setpriv";

    private Become() {}

    /** True when this process is root's. */
    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Starts this very command line anew as another user, in the same process. */
    public static void user(String user) {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> command = new ArrayList<>();
        command.add(self.command().orElseThrow());
        command.addAll(List.of(self.arguments().orElseThrow()));
        user(user, command);
    }

    /** Becomes a command line, as another user. */
    public static void user(String user, List<String> command) {
        if (!Files.isExecutable(Path.of(SETPRIV))) {
            throw new Problem("HF-5014", "there is no " + SETPRIV + ", by which root becomes user " + user,
                    "Install util-linux, or start Holdfast as " + user + ".").toException();
        }
        exec(asUser(user, command));
    }

    /**
     * The command line that runs another as a user. libpq looks for certificates and passwords under HOME, and fails where it
     * may not look: HOME goes with the user.
     */
    public static List<String> asUser(String user, List<String> command) {
        List<String> all = new ArrayList<>(
                List.of(SETPRIV, "--reuid=" + user, "--regid=" + groupOf(user), "--init-groups",
                        "--", "/usr/bin/env", "HOME=" + homeOf(user), "USER=" + user, "LOGNAME=" + user));
        all.addAll(command);
        return all;
    }

    /** Returns only when it failed. */
    @SuppressWarnings("restricted") // The native linker is the point; the JVM is started with native access enabled.
    private static void exec(List<String> command) {
        Linker linker = Linker.nativeLinker();
        MethodHandle execv = linker.downcallHandle(linker.defaultLookup().findOrThrow("execv"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argv = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                argv.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(command.get(i)));
            }
            int failed = (int) execv.invokeExact(arena.allocateFrom(command.getFirst()), argv);
            throw new Problem("HF-5014", "this process could not become '" + command.getFirst() + "' (" + failed + ")",
                    "Start Holdfast as the user that it should run as.").toException();
        } catch (HoldfastException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("execv", e);
        }
    }

    /** True when passwd(5) knows the user. */
    public static boolean exists(String user) {
        return Files.exists(Path.of("/etc/passwd")) && !field(user, 0).isEmpty();
    }

    private static String groupOf(String user) {
        String group = field(user, 3);
        if (group.isEmpty()) {
            throw new Problem("HF-5014", "there is no user " + user + " in /etc/passwd",
                    "Create it, or start Holdfast as the user that it should run as.").toException();
        }
        return group;
    }

    private static String homeOf(String user) {
        return field(user, 5);
    }

    private static String field(String user, int index) {
        try {
            for (String line : Files.readAllLines(Path.of("/etc/passwd"))) {
                String[] fields = line.split(":", -1);
                if (fields.length > index && fields[0].equals(user)) {
                    return fields[index];
                }
            }
            return "";
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5014", "/etc/passwd cannot be read: " + e.getMessage(),
                    "Start Holdfast as the user that it should run as."), e);
        }
    }
}
