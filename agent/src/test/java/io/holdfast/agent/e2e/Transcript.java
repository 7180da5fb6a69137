package io.holdfast.agent.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What somebody typed and what came of it, in the fenced blocks of a page that begin with {@code $ }: a command after the dollar,
 * on more lines where one ends with a backslash, and below it what it prints. In that, {@code <...>} stands for a text of one line
 * that differs each time, a line {@code [...]} for any number of lines, and another {@code <name>} for what is typed there, which
 * is not printed.
 */
final class Transcript {
    /** A text that differs. */
    static final String ANY = "<...>";
    /** Lines that differ. */
    static final String LINES = "[...]";
    private static final Pattern TYPED = Pattern.compile("<([a-z][a-z ]*)>");

    private Transcript() {}

    /**
     * A command.
     *
     * @param command as bash reads it
     * @param expected what it prints, a line each
     */
    record Step(String command, List<String> expected) {
        /** What is typed, in order: the question that it answers, and its name. */
        List<Typed> typed() {
            List<Typed> typed = new ArrayList<>();
            for (String line : expected) {
                var found = TYPED.matcher(line);
                while (found.find()) {
                    typed.add(new Typed(line.substring(0, found.start()), found.group(1)));
                }
            }
            return typed;
        }

        /** True for what a run has printed. */
        boolean fits(String printed) {
            StringBuilder pattern = new StringBuilder();
            for (String line : expected) {
                pattern.append(line.equals(LINES) ? "(?:[^\\n]*\\n)*?" : pattern(line) + " *\\n");
            }
            return Pattern.matches(pattern.toString(), printed.isEmpty() || printed.endsWith("\n")
                    ? printed
                    : printed + "\n");
        }

        private static String pattern(String line) {
            StringBuilder pattern = new StringBuilder();
            String left = TYPED.matcher(line).replaceAll("").stripTrailing();
            int at = 0;
            for (int any = left.indexOf(ANY); any >= 0; any = left.indexOf(ANY, at)) {
                pattern.append(Pattern.quote(left.substring(at, any))).append("[^\\n]+?");
                at = any + ANY.length();
            }
            return pattern.append(Pattern.quote(left.substring(at))).toString();
        }
    }

    /**
     * Something typed.
     *
     * @param question what was asked
     * @param name what it is
     */
    record Typed(String question, String name) {}

    /** All commands of a page, in order. */
    static List<Step> read(Path page) throws IOException {
        return read(Files.readAllLines(page));
    }

    /** All commands of some lines of a page, in order. */
    static List<Step> read(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        boolean fenced = false;
        boolean continued = false;
        for (String line : lines) {
            if (line.startsWith("```")) {
                fenced = !fenced;
                continued = false;
            } else if (fenced && line.startsWith("$ ")) {
                steps.add(new Step(line.substring(2), new ArrayList<>()));
                continued = line.endsWith("\\");
            } else if (fenced && continued) {
                Step last = steps.removeLast();
                steps.add(new Step(last.command() + "\n" + line, last.expected()));
                continued = line.endsWith("\\");
            } else if (fenced && !steps.isEmpty()) {
                steps.getLast().expected().add(line);
            }
        }
        return steps;
    }
}
