package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Runs the cases of {@code resources/decisions}. */
final class DecisionsTest {
    private static final Path CASES = Path.of("src/test/resources/decisions");

    private record Case(String rule, List<String> lines, String expected) {}

    @TestFactory
    Stream<DynamicTest> decides() throws IOException {
        return cases().stream().map(one -> DynamicTest.dynamicTest(one.rule(), () -> {
            RepositoryDrawing drawing = new RepositoryDrawing();
            one.lines().forEach(drawing::take);
            assertEquals(one.expected(), String.join("\n", drawing.answer()));
        }));
    }

    /** A refusal or a reason that no case has ever seen is one that nobody knows to be right. */
    @Test
    void everyRefusalOccurs() throws IOException {
        TreeSet<String> codes = new TreeSet<>();
        cases().stream()
                .map(Case::expected)
                .filter(text -> text.startsWith("HF-"))
                .forEach(text -> codes.add(text.substring(0, 7)));
        assertEquals("[HF-2081, HF-2082, HF-2083, HF-2084, HF-2085, HF-2086, HF-2087]", codes.toString());
    }

    private static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String file : List.of("restore.txt", "retention.txt")) {
            for (String text : Files.readString(CASES.resolve(file)).split("\n\n", -1)) {
                List<String> lines = text.strip().lines().toList();
                int line = lines.indexOf("----");
                cases.add(new Case(lines.getFirst(), lines.subList(1, line),
                        String.join("\n", lines.subList(line + 1, lines.size()))));
            }
        }
        assertFalse(cases.isEmpty());
        return cases;
    }
}
