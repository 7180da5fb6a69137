package io.holdfast.agent.io.demo;

import io.holdfast.agent.io.Become;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Root's demo runs as another user, since PostgreSQL refuses to run as root. */
final class DemoUser {
    private static final String USER = "postgres";
    private static final String JAR = "lib/holdfast.jar";

    private DemoUser() {}

    /**
     * Goes on as that user: gives it the directory, and a copy of the distribution where it cannot read this one. Comes back
     * only with an error.
     */
    static void become(Path directory, Path home, List<String> arguments) {
        if (!Become.exists(USER)) {
            throw new Problem("HF-5027", "PostgreSQL refuses to run as root, and there is no user '" + USER + "'",
                    "Install PostgreSQL, or start the demo as another user.").toException();
        }
        try {
            give(directory);
            Path readable = readable(home) ? home : copy(home, directory);
            List<String> command = new ArrayList<>();
            command.add(readable.resolve("bin/holdfast").toString());
            command.addAll(arguments);
            Become.user(USER, command);
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5027", "the demo cannot be given to user " + USER + ": " + e,
                    "'--dir DIR' names another directory; or start the demo as another user."), e);
        }
    }

    private static void give(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            Files.createDirectories(directory);
            Files.setOwner(directory,
                    directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER));
        }
        if (!asUser("test", "-w", directory.toString(), "-a", "-x", directory.toString())) {
            throw new Problem("HF-5027", "user " + USER + " may not write to " + directory,
                    "Name a directory with '--dir DIR' that is not there yet and whose parents everybody may enter, such as "
                            + "/tmp/holdfast-demo.")
                    .toException();
        }
    }

    private static boolean readable(Path home) throws IOException {
        return asUser("test", "-x", home.resolve("bin/holdfast").toString(), "-a", "-r", home.resolve(JAR).toString());
    }

    /** One copy for each build: agents of an older one may be running. */
    private static Path copy(Path home, Path directory) throws IOException {
        long built = Files.getLastModifiedTime(home.resolve(JAR)).toMillis();
        Path copy = directory.resolve("holdfast-" + Long.toHexString(built));
        if (Files.exists(copy)) {
            return copy;
        }
        Path fresh = directory.resolve(copy.getFileName() + ".new");
        if (!run("rm", "-rf", fresh.toString()) || !run("cp", "-rp", home.toString(), fresh.toString())
                || !run("chown", "-R", USER, fresh.toString()) || !run("chmod", "-R", "u+rwX", fresh.toString())) {
            throw new IOException("the distribution cannot be copied to " + fresh);
        }
        Files.move(fresh, copy);
        return copy;
    }

    private static boolean asUser(String... command) throws IOException {
        return run(Become.asUser(USER, List.of(command)).toArray(String[]::new));
    }

    private static boolean run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(Redirect.DISCARD)
                .start();
        try {
            return process.waitFor(2, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while running " + command[0], e);
        }
    }
}
