package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.HoldfastConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a node's configuration: YAML, then references, then the schema, then what a schema cannot say. */
public final class ConfigLoader {
    private ConfigLoader() {}

    /** Reads the file; throws {@link ConfigException} with all that is wrong. */
    public static HoldfastConfig load(Path file) {
        return load(file, System::getenv);
    }

    /**
     * Reads the file; throws {@link ConfigException} with all that is wrong.
     *
     * @param environment gives a variable's value, or null
     */
    public static HoldfastConfig load(Path file, Function<String, @Nullable String> environment) {
        Path absolute = file.toAbsolutePath().normalize();
        return read(text(absolute), directoryOf(absolute), environment);
    }

    /**
     * The agent's socket, as the file says, and nothing else: for the command line, whose user may not read the files that
     * hold secrets, and which must be quick. Throws {@link ConfigException} when there is no such file or it is not YAML.
     */
    public static Path socket(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        References references = new References(directoryOf(absolute), System::getenv);
        YamlReader.Document document = YamlReader.read(text(absolute), SchemaTree.FILE, references);
        if (document.tree().isNull() && !document.problems().isEmpty()) {
            throw new ConfigException(document.problems());
        }
        return new ConfigRecords(directoryOf(absolute)).socket(document.tree());
    }

    private static Path directoryOf(Path file) {
        return Optional.ofNullable(file.getParent()).orElse(file);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ConfigException(List.of(new ConfigProblem("HF-0001", "", 0,
                    "the configuration " + file + " cannot be read (" + References.cause(e) + ")",
                    "name another with -c FILE or HOLDFAST_CONFIG, or make it readable.")));
        }
    }

    /**
     * Reads a text; throws {@link ConfigException} with all that is wrong.
     *
     * @param directory relative paths count from here
     * @param environment gives a variable's value, or null
     */
    public static HoldfastConfig read(String yaml, Path directory, Function<String, @Nullable String> environment) {
        References references = new References(directory, environment);
        YamlReader.Document document = YamlReader.read(yaml, SchemaTree.FILE, references);
        if (document.tree().isNull()) {
            throw new ConfigException(document.problems().isEmpty() ? List.of(empty()) : document.problems());
        }
        List<ConfigProblem> problems = new ArrayList<>(document.problems());
        problems.addAll(new SchemaCheck(SchemaTree.FILE, JsonPlace.ROOT).check(document));
        // A place that is wrong by itself needs no comparison with another.
        Set<String> wrong = problems.stream().map(ConfigProblem::path).collect(Collectors.toSet());
        new CrossChecks(document).all()
                .stream()
                .filter(problem -> !wrong.contains(problem.path()))
                .forEach(problems::add);
        Optional<Path> bin = bin(document.tree(), problems);
        if (!problems.isEmpty()) {
            problems.sort(Comparator.comparingInt(problem -> problem.line() == 0 ? Integer.MAX_VALUE : problem.line()));
            throw new ConfigException(problems);
        }
        return new ConfigRecords(directory).config(document.tree(), bin.orElse(directory), references.files());
    }

    /** The directory of binaries when it is left out and needed; a problem when there is none. */
    private static Optional<Path> bin(JsonNode tree, List<ConfigProblem> problems) {
        JsonNode postgresql = tree.path("postgresql");
        if (!postgresql.isObject() || postgresql.has("bin")) {
            return Optional.empty();
        }
        Optional<Path> found = PostgresBinaries.find();
        if (found.isEmpty()) {
            problems.add(new ConfigProblem("HF-0021", "postgresql.bin", 0,
                    "no PostgreSQL binaries in /usr/lib/postgresql/*/bin nor on the PATH",
                    "install PostgreSQL 13 or later, or say where its binaries are."));
        }
        return found;
    }

    private static ConfigProblem empty() {
        return new ConfigProblem("HF-0005", "", 0, "the configuration is empty",
                "it needs at least cluster.name and member.");
    }
}
