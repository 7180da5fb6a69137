package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the build packed: {@code bin/holdfast} and its libraries, from system property {@code holdfast.dist}. */
public record Distribution(Path home) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** The one named by the property, else the one that the build left in {@code agent/target}. */
    public static Distribution find() {
        String named = System.getProperty("holdfast.dist", "");
        if (!named.isEmpty()) {
            return new Distribution(Path.of(named).toAbsolutePath());
        }
        Path here = Path.of("").toAbsolutePath();
        for (Path place : new Path[]{here.resolve("target"), here.resolve("agent/target"),
                here.resolve("../agent/target")}) {
            Optional<Path> built = newest(place);
            if (built.isPresent()) {
                return new Distribution(built.get().normalize());
            }
        }
        throw new IllegalStateException("no distribution: build it first, or name it with -Dholdfast.dist=DIR");
    }

    private static Optional<Path> newest(Path place) {
        if (!Files.isDirectory(place)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(place, "holdfast-*")) {
            for (Path path : found) {
                if (Files.isExecutable(path.resolve("bin/holdfast"))) {
                    return Optional.of(path);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** This one, or a copy where the user that PostgreSQL runs as may read it. */
    Distribution readableFrom(Path room) {
        List<String> probe = Commands.asDatabaseUser(List.of("test", "-x", binary().toString()));
        if (Commands.run(PATIENCE, probe).exit() == 0) {
            return this;
        }
        Path copy = room.resolve("dist");
        Commands.must("cp", "-r", home.toString(), copy.toString());
        Commands.must("chmod", "-R", "a+rX", copy.toString());
        return new Distribution(copy);
    }

    /** The command. */
    public Path binary() {
        return home.resolve("bin/holdfast");
    }

    /**
     * Runs a verb as the user that PostgreSQL runs as, for at most a minute.
     *
     * @param directory where, or null for this process's own
     */
    public Commands.Result run(@Nullable Path directory, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(binary().toString()));
        command.addAll(arguments);
        return Commands.run(PATIENCE, Commands.asDatabaseUser(command), environment(), directory, "");
    }

    /** What every process of it gets: this JVM's JDK, and {@code HOLDFAST_JVM_OPTS}, by which coverage is measured. */
    static Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        String options = System.getProperty("holdfast.jvm.opts", "");
        if (!options.isEmpty()) {
            environment.put("HOLDFAST_JVM_OPTS", options);
        }
        return environment;
    }
}
