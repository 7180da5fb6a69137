package io.holdfast.replication;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One case of a decision file: a rule, what an agent knows, and what it does. The language is told in
 * {@code decisions/README.md}.
 *
 * @param file the file's name
 * @param rule the comment above the case
 * @param view the lines that say what the agent knows
 * @param expected the action: name, details, why
 */
record DecisionCase(String file, String rule, List<String> view, String expected) {
    private static final String LINE = "----";

    /** All cases of all files of a directory, in order. */
    static List<DecisionCase> all(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .flatMap(file -> read(file).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Cases stand apart by empty lines; a block without a line of hyphens is a heading. */
    private static List<DecisionCase> read(Path file) {
        try {
            List<DecisionCase> cases = new ArrayList<>();
            for (String block : Files.readString(file).split("\n\\s*\n", -1)) {
                List<String> lines = block.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
                if (lines.stream().anyMatch(line -> !line.startsWith("#"))) {
                    cases.add(parse(file.getFileName().toString(), lines));
                }
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DecisionCase parse(String file, List<String> lines) {
        String rule = lines.stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.substring(1).strip())
                .collect(Collectors.joining(" "));
        List<String> facts = lines.stream().filter(line -> !line.startsWith("#")).toList();
        int line = facts.indexOf(LINE);
        if (rule.isEmpty() || line < 1 || line != facts.size() - 2) {
            throw new IllegalArgumentException(
                    file + ": a case is '# rule', facts, '----' and one action; this is " + lines);
        }
        return new DecisionCase(file, rule, facts.subList(0, line), facts.getLast());
    }
}
