package io.holdfast.agent.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The random id of a state directory: by it a second agent under the same name is told from a restarted one. */
final class AgentId {
    private static final String FILE = "agent-id";
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{16}");

    private AgentId() {}

    /** Reads the id, or makes it; durable once returned. */
    static String of(Path state) {
        Path file = state.resolve(FILE);
        try {
            if (!Files.exists(file)) {
                create(state, file);
            }
            String id = Files.readString(file).strip();
            if (!FORM.matcher(id).matches()) {
                throw new Problem("HF-5012", "the agent's id in " + file + " is not one",
                        "Restore the file, or remove it if no other agent of this member runs.").toException();
            }
            return id;
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5013",
                    "the agent's id in " + state + " can neither be read nor made: " + e,
                    "The directory must exist and belong to "
                            + "the agent's user, " + System.getProperty("user.name") + "."),
                    e);
        }
    }

    private static void create(Path state, Path file) throws IOException {
        Files.createDirectories(state);
        byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        Path fresh = state.resolve(FILE + ".new");
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            channel.write(
                    ByteBuffer.wrap((HexFormat.of().formatHex(random) + "\n").getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(state)) {
            directory.force(true); // The name is durable only with its directory (fsync(2), "Notes").
        }
    }
}
