package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Finds the agent's socket by its configuration. Only {@code listen.socket} is read: who asks for the status need not be
 * able to read the secrets that the rest of the file names, and need not wait until all of it is checked.
 */
public final class SocketPath {
    /** Where an agent's configuration is when nobody says. */
    public static final Path DEFAULT_CONFIG = Path.of("/etc/holdfast/holdfast.yaml");
    /** Where an agent's socket is when its configuration does not say. */
    public static final Path DEFAULT_SOCKET = Path.of("/run/holdfast/holdfast.sock");

    private SocketPath() {}

    /**
     * The socket of the agent of a configuration.
     *
     * @param config the file that was named; null: the default one, which need not be there
     */
    public static Path of(@Nullable Path config) {
        Path file = config == null ? DEFAULT_CONFIG : config;
        try (JsonParser yaml = new YAMLFactory().createParser(Files.newInputStream(file))) {
            Path socket = find(yaml);
            Path directory = file.toAbsolutePath().getParent();
            return socket == null ? DEFAULT_SOCKET : directory == null ? socket : directory.resolve(socket).normalize();
        } catch (NoSuchFileException e) {
            if (config == null) {
                return DEFAULT_SOCKET;
            }
            throw new Failure(ExitCode.FAILED, "HF-0901", "there is no configuration " + file,
                    "'--config FILE' or HOLDFAST_CONFIG names it.");
        } catch (AccessDeniedException e) {
            throw new Failure(ExitCode.NOT_ALLOWED, "HF-0902", "the configuration " + file + " may not be read",
                    "Ask as root or as the agent's user.");
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "HF-0903",
                    "the configuration " + file + " cannot be read: " + firstLine(e),
                    "'holdfast doctor -c " + file + "' says what is wrong with it.");
        }
    }

    /** The value at {@code listen.socket}; the parser stands before the document. */
    private static @Nullable Path find(JsonParser yaml) throws IOException {
        String section = "";
        int depth = 0;
        for (JsonToken token = yaml.nextToken(); token != null; token = yaml.nextToken()) {
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            if (depth == 1 && token == JsonToken.FIELD_NAME) {
                section = yaml.currentName();
            } else if (depth == 2 && token.isScalarValue() && section.equals("listen")
                    && "socket".equals(yaml.currentName())) {
                return Path.of(yaml.getText());
            }
        }
        return null;
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
