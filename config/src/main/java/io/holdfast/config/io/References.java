package io.holdfast.config.io;

import io.holdfast.config.ConfigProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replaces references to the environment ({@code env:NAME}) and to files ({@code file:PATH}), each in braces behind a
 * dollar sign; two dollar signs before a brace stand for a plain one.
 *
 * <p>In YAML's flow style a brace would end the value. So references are masked before YAML is read, with two characters
 * of Unicode's private use area for the braces.
 */
final class References {
    private static final char OPEN = '\uE000';
    private static final char CLOSE = '\uE001';
    private static final Pattern IN_TEXT = Pattern.compile("(?<!\\$)\\$\\{([^{}\\r\\n]*)}");
    private static final Pattern MASKED = Pattern.compile(OPEN + "([^" + CLOSE + "]*)" + CLOSE);

    /** Where no reference is replaced: what all members read must not depend on the one that wrote it. */
    static final References REFUSED = new References(Path.of("/"), name -> null, false);

    private final boolean replaces;
    private final Path directory;
    private final Map<JsonPlace, Path> files = new HashMap<>();
    private final Function<String, @Nullable String> environment;

    /**
     * Resolves against these.
     *
     * @param directory relative paths count from here
     * @param environment gives a variable's value, or null
     */
    References(Path directory, Function<String, @Nullable String> environment) {
        this(directory, environment, true);
    }

    private References(Path directory, Function<String, @Nullable String> environment, boolean replaces) {
        this.replaces = replaces;
        this.directory = directory;
        this.environment = environment;
    }

    /** The files that values were read from, by place. */
    Map<JsonPlace, Path> files() {
        return Map.copyOf(files);
    }

    /** The text with its references masked. */
    static String mask(String yaml) {
        return IN_TEXT.matcher(yaml).replaceAll(found -> Matcher.quoteReplacement(OPEN + found.group(1) + CLOSE));
    }

    /** The value with all its references replaced, or what is wrong with the first that cannot be. */
    Outcome expand(String masked, JsonPlace place, int line) {
        StringBuilder text = new StringBuilder();
        Matcher matcher = MASKED.matcher(masked);
        while (matcher.find()) {
            switch (lookUp(matcher.group(1), place, line)) {
                case Outcome.Text found -> matcher.appendReplacement(text, Matcher.quoteReplacement(found.value()));
                case Outcome.Wrong wrong -> {
                    return wrong;
                }
            }
        }
        matcher.appendTail(text);
        return new Outcome.Text(text.toString().replace("$${", "${"));
    }

    private Outcome lookUp(String reference, JsonPlace place, int line) {
        if (!replaces) {
            return wrong("HF-0023", place, line, "the reference ${" + reference + "} is not replaced here",
                    "these settings are the same for all members: write the value; for a plain ${ write $${.");
        }
        if (reference.startsWith("env:")) {
            String name = reference.substring(4);
            return Optional.ofNullable(environment.apply(name))
                    .<Outcome>map(Outcome.Text::new)
                    .orElseGet(() -> wrong("HF-0010", place, line, "the environment variable " + name + " is not set",
                            "set it where the agent is started (systemd: Environment= or EnvironmentFile=)."));
        }
        if (reference.startsWith("file:")) {
            Path file = directory.resolve(reference.substring(5));
            try {
                files.put(place, file.normalize());
                return new Outcome.Text(Files.readString(file).stripTrailing());
            } catch (IOException | SecurityException e) {
                return wrong("HF-0011", place, line, "the file " + file + " cannot be read (" + cause(e) + ")",
                        "it must be there and readable for the user that runs the agent.");
            }
        }
        return wrong("HF-0012", place, line, "the reference ${" + reference + "} is of no known kind",
                "write ${env:NAME} or ${file:PATH}; for a plain ${ write $${.");
    }

    /** An error of the file system in a word or two: their messages often hold the path only. */
    static String cause(Exception e) {
        return switch (e) {
            case java.nio.file.NoSuchFileException n -> "no such file";
            case java.nio.file.AccessDeniedException a -> "permission denied";
            case java.nio.charset.CharacterCodingException c -> "not UTF-8 text";
            case java.nio.file.FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    private static Outcome wrong(String code, JsonPlace place, int line, String fact, String hint) {
        return new Outcome.Wrong(new ConfigProblem(code, place.toString(), line, fact, hint));
    }

    /** What became of a value. */
    sealed interface Outcome {
        /**
         * All references are replaced.
         *
         * @param value the text
         */
        record Text(String value) implements Outcome {}

        /**
         * One cannot be.
         *
         * @param problem which, and why
         */
        record Wrong(ConfigProblem problem) implements Outcome {}
    }
}
