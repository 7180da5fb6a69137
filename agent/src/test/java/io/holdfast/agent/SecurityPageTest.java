package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** That the page on security says of every requirement where it is met, and that this is there. */
final class SecurityPageTest {
    private static final Path DOCS = Path.of("../docs").toAbsolutePath().normalize();
    private static final Path PAGE = DOCS.resolve("security.md");
    /** The sections of ASVS 5.0.0 on authentication, sessions and authorization, and how many requirements each has. */
    private static final Map<String, Integer> SECTIONS = new TreeMap<>(Map.ofEntries(Map.entry("6.1", 3),
            Map.entry("6.2", 12), Map.entry("6.3", 8), Map.entry("6.4", 6), Map.entry("6.5", 8), Map.entry("6.6", 4),
            Map.entry("6.7", 2), Map.entry("6.8", 4), Map.entry("7.1", 3), Map.entry("7.2", 4), Map.entry("7.3", 2),
            Map.entry("7.4", 5), Map.entry("7.5", 3), Map.entry("7.6", 2), Map.entry("8.1", 4), Map.entry("8.2", 4),
            Map.entry("8.3", 3), Map.entry("8.4", 2)));
    private static final Pattern ROW = Pattern
            .compile("\\| (\\d\\.\\d\\.\\d+) \\| [^|]{8,} \\| (met|partly|not met|does not apply) \\| ([^|]{8,}) \\|");
    private static final Pattern TEST = Pattern.compile("\\[`(\\w+)\\.(\\w+)`]\\(([^)]+)\\)");
    private static final Pattern COUNT = Pattern
            .compile(
                    "Of the (\\d+) requirements (\\d+) are met, (\\d+) partly, (\\d+) are not, and (\\d+) do not apply");

    @Test
    void everyTestThatItNamesIsThere() throws IOException {
        List<String> wrong = new ArrayList<>();
        Matcher found = TEST.matcher(Files.readString(PAGE));
        Set<String> tests = new TreeSet<>();
        while (found.find()) {
            Path file = DOCS.resolve(found.group(3)).normalize();
            tests.add(found.group(1) + "." + found.group(2));
            Pattern method = Pattern
                    .compile("@Test(Factory)?\\s(\\s*@\\w+(\\([^)]*\\))?\\s)*\\s*[\\w<>]+ " + found.group(2) + "\\(");
            if (!file.getFileName().toString().equals(found.group(1) + ".java") || !Files.exists(file)
                    || !method.matcher(Files.readString(file)).find()) {
                wrong.add(found.group());
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(tests.size() > 50, tests.size() + " tests");
    }

    @Test
    void everyRequirementOfTheThreeChaptersHasItsLine() throws IOException {
        Map<String, String> words = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        for (String line : Files.readAllLines(PAGE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                if (words.put(row.group(1), row.group(2)) != null) {
                    wrong.add(row.group(1) + " is there twice");
                }
                if (row.group(2).equals("met") && !TEST.matcher(row.group(3)).find()) {
                    wrong.add(row.group(1) + " is met, and no test shows it");
                }
            } else if (line.matches("\\| \\d.*")) {
                wrong.add("'" + line + "' has another form");
            }
        }
        Set<String> all = new TreeSet<>();
        SECTIONS.forEach((section, count) -> {
            for (int i = 1; i <= count; i++) {
                all.add(section + "." + i);
            }
        });
        assertEquals(List.of(), wrong);
        assertEquals(all, words.keySet());
        Matcher counted = COUNT.matcher(Files.readString(PAGE));
        assertTrue(counted.find(), "it says how many");
        int group = 1;
        assertEquals(all.size(), Integer.parseInt(counted.group(group)));
        for (String word : List.of("met", "partly", "not met", "does not apply")) {
            group++;
            assertEquals(words.values().stream().filter(word::equals).count(), Long.parseLong(counted.group(group)),
                    word);
        }
    }
}
