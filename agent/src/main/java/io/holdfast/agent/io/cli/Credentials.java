package io.holdfast.agent.io.cli;

import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What proves to an agent who asks: the token in HOLDFAST_TOKEN, else that of the last login there. Each agent has a file of its own,
 * so that no token goes to a stranger.
 */
class Credentials {
    /** Of a user of this machine and nobody else. */
    static final Credentials NONE = new Credentials(null, "", null);

    private final @Nullable Path directory;
    private final String agent;
    private final @Nullable Prompt prompt;

    /**
     * For an agent.
     *
     * @param directory where tokens are kept; null: nowhere
     * @param where the agent's address
     * @param prompt asks a person for codes; null: nobody is there
     */
    Credentials(@Nullable Path directory, String where, @Nullable Prompt prompt) {
        this.directory = directory;
        this.agent = name(where);
        this.prompt = prompt;
    }

    /** Below the user's configuration, as the XDG base directories say. */
    static Path usualDirectory() {
        String home = System.getenv("XDG_CONFIG_HOME");
        Path base = home != null && home.startsWith("/")
                ? Path.of(home)
                : Path.of(System.getProperty("user.home"), ".config");
        return base.resolve("holdfast");
    }

    private static String name(String where) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(where.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The token; null: there is none. */
    @Nullable
    String token() {
        String given = directory == null ? null : System.getenv("HOLDFAST_TOKEN");
        return given != null && !given.isBlank() ? given.strip() : read("token");
    }

    /** A code for an action that was refused for want of one; null: nobody is there to enter it. */
    @Nullable
    String code(List<Problem> refused, String action) {
        String given = directory == null ? null : System.getenv("HOLDFAST_CODE");
        if (given != null && !given.isBlank()) {
            return given.strip();
        }
        if (prompt != null && prompt.isTerminal()) {
            return prompt.secret(refused.isEmpty() ? "Code: " : refused.getFirst().fact() + ".\nCode: ");
        }
        write("action", action);
        return null;
    }

    /** The action that was refused last for want of a code; null: none was. */
    @Nullable
    String refusedAction() {
        return read("action");
    }

    /** Keeps a token. */
    void keep(String token) {
        write("token", token);
    }

    /** Forgets it. */
    void forget() {
        try {
            if (directory != null) {
                Files.deleteIfExists(file("token"));
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private Path file(String what) {
        return (directory == null ? usualDirectory() : directory).resolve(what + "-" + agent);
    }

    private @Nullable String read(String what) {
        try {
            return directory == null ? null : Files.readString(file(what)).strip();
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Made with its mode, and put in its place whole: nobody else can read it at any moment. */
    private void write(String what, String text) {
        if (directory == null) {
            return;
        }
        try {
            Files.createDirectories(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path fresh = Files.createTempFile(directory, what, ".new",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, text + "\n");
            Files.move(fresh, file(what), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private static Failure unusable(IOException e) {
        return new Failure(ExitCode.FAILED, "HF-5159", "the directory of tokens cannot be used: " + e,
                "It is 'holdfast' below XDG_CONFIG_HOME, or below ~/.config.");
    }
}
