package io.holdfast.backup.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The two commands that PostgreSQL calls: shell scripts beside the server's socket, since a JVM would start for longer than
 * they may run.
 *
 * @param push the one that archives
 * @param fetch the one that fetches
 * @param socket of the {@link WalServer}
 */
public record WalCommands(Path push, Path fetch, Path socket) {

    /** What a recovery does when nobody knows whether a file is in the archive. */
    public enum Unknown {
        /** A standby goes on with what its primary streams, and asks again: it takes it for absent (exit status 1). */
        GO_ON("standby"),
        /**
         * A restore must not take it for the end of WAL: it is asked for again for 30 s, then the recovery stops (exit status
         * 200, of more than 125 as the manual asks, and of no signal), and can be started again.
         */
        STOP("restore");

        private final String word;

        Unknown(String word) {
            this.word = word;
        }
    }

    /**
     * Writes the scripts into a directory that the user of PostgreSQL can read.
     *
     * @throws IOException when they cannot be written
     */
    public static WalCommands install(Path directory, Path socket) throws IOException {
        WalCommands commands = of(directory, socket);
        write(commands.push(), "wal-push");
        write(commands.fetch(), "wal-fetch");
        return commands;
    }

    /** Those that {@link #install} writes, whether they are there yet or not. */
    public static WalCommands of(Path directory, Path socket) {
        Path absolute = directory.toAbsolutePath();
        return new WalCommands(absolute.resolve("wal-push"), absolute.resolve("wal-fetch"), socket.toAbsolutePath());
    }

    private static void write(Path target, String name) throws IOException {
        Path written = Files.createTempFile(target.getParent(), name, ".new");
        try (InputStream resource = WalCommands.class.getResourceAsStream(name + ".sh")) {
            if (resource == null) {
                throw new IllegalStateException("the resource " + name + ".sh is not there");
            }
            Files.copy(resource, written, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rwxr-xr-x"));
            // PostgreSQL may be running the one that is there.
            Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(written);
        }
    }

    /** The value of {@code archive_command}. */
    public String archiveCommand() {
        return quoted(push) + " " + quoted(socket) + " \"%f\"";
    }

    /** The value of {@code restore_command}. */
    public String restoreCommand(Unknown unknown) {
        return quoted(fetch) + " " + quoted(socket) + " " + unknown.word + " \"%f\" \"%p\"";
    }

    /** A line of postgresql.conf: there a quote within quotes is written twice, and a backslash too. */
    public static String setting(String name, String value) {
        return name + " = '" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** For the shell, and past PostgreSQL, which replaces what follows a percent sign. */
    private static String quoted(Path path) {
        return "'" + path.toString().replace("'", "'\\''").replace("%", "%%") + "'";
    }
}
