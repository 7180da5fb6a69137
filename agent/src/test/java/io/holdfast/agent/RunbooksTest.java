package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.EventType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That whoever is woken finds the page: the runbooks are whole, and every link of the documentation leads somewhere. */
final class RunbooksTest {
    /** The repository: tests run in the module's folder. */
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path DOCS = ROOT.resolve("docs");
    private static final Path INDEX = DOCS.resolve("runbooks/README.md");
    private static final Path E2E = ROOT.resolve("agent/src/test/java/io/holdfast/agent/e2e");
    private static final List<String> HEADINGS = List.of("## What you see", "## What it means", "## What to do",
            "## How to know that it is over", "## What not to do");
    /** Words by key; a list stands in brackets. */
    private static final Map<String, Pattern> FRONT_MATTER = Map.of("status", Pattern.compile("tested|reasoned"),
            "priority", Pattern.compile("now|today|planned"), "alert", list("[a-z-]+"), "events", list("[a-z-]+"),
            "errors", list("HF-\\d{4}"), "related", list("[a-z-]+"));
    /** What an agent writes into its log by itself. */
    private static final Pattern LOGGED = Pattern.compile("LOG\\s*\\.(?:warn|error)\\([^;]*?(HF-\\d{4})");
    /** Codes of the log that no page is about, each with its reason. */
    private static final Map<String, String> NO_SITUATION = Map.of("HF-5172",
            "a client reads no more; it goes on by itself");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|mailto:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    /** Where an agent tells of an event, or a worker has its agent do so. */
    private static final Pattern TYPE = Pattern.compile("\\bEventType\\.([A-Z_]+)\\b");

    private static Pattern list(String word) {
        return Pattern.compile("\\[(?:" + word + "(?:, " + word + ")*)?]");
    }

    @Test
    void everyPageHasItsFrontMatterAndItsParts() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path page : pages()) {
            String name = page.getFileName().toString();
            Map<String, String> front = frontMatter(page);
            FRONT_MATTER.forEach((key, form) -> {
                if (!form.matcher(front.getOrDefault(key, "")).matches()) {
                    wrong.add(name + ": " + key + " is '" + front.get(key) + "'");
                }
            });
            List<String> lines = Files.readAllLines(page);
            if (!HEADINGS.equals(lines.stream().filter(l -> l.startsWith("## ")).toList())) {
                wrong.add(name + " has other parts than " + HEADINGS);
            }
            words(front, "related").stream()
                    .filter(other -> !Files.exists(page.resolveSibling(other + ".md")))
                    .forEach(other -> wrong.add(name + " is related to " + other + ", which is not there"));
        }
        assertNone(wrong);
    }

    @Test
    void everyEventHasAPageAndEveryPageIsAboutEventsThatThereAre() throws IOException {
        Set<String> told = new TreeSet<>();
        for (Path file : sources()) {
            TYPE.matcher(Files.readString(file)).results().forEach(found -> told.add(found.group(1)));
        }
        assertEquals(names(EventType::name), told, "types that there are, and those that somebody tells of");
        Set<String> types = names(EventType::word);
        assertEquals(words("events"), types, "events that a page is about, and those that there are");
    }

    private static Set<String> names(Function<EventType, String> name) {
        return Arrays.stream(EventType.values()).map(name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyErrorCodeOfAPageIsExplained() throws IOException {
        Set<String> codes = words("errors");
        String explained = Files.readString(DOCS.resolve("errors.md"));
        codes.removeIf(code -> explained.contains("| " + code + " |"));
        assertEquals(Set.of(), codes, "codes of pages that docs/errors.md does not explain");
    }

    @Test
    void everyCodeThatAnAgentLogsByItselfHasAPage() throws IOException {
        Set<String> logged = new TreeSet<>();
        for (Path file : sources()) {
            LOGGED.matcher(Files.readString(file)).results().forEach(found -> logged.add(found.group(1)));
        }
        assertTrue(logged.contains("HF-5033") && logged.containsAll(NO_SITUATION.keySet()), logged.toString());
        logged.removeAll(words("errors"));
        logged.removeAll(NO_SITUATION.keySet());
        assertEquals(Set.of(), logged, "codes of warnings that nobody who is woken finds a page for");
    }

    @Test
    void everyAlertHasThePageThatItNames() throws IOException {
        Map<String, String> alerts = new TreeMap<>();
        for (Path page : pages()) {
            for (String alert : words(frontMatter(page), "alert")) {
                assertEquals(null, alerts.put(alert, page.getFileName().toString().replace(".md", "")),
                        alert + " has two pages");
            }
        }
        Map<String, String> shipped = new TreeMap<>();
        ShippedAlerts.all().forEach(rule -> shipped.put(rule.name(), rule.runbook()));
        assertEquals(shipped, alerts);
    }

    @Test
    void theIndexListsEveryPageAlertEventAndCode() throws IOException {
        String index = Files.readString(INDEX);
        List<String> wrong = new ArrayList<>();
        for (Path page : pages()) {
            String link = "](" + page.getFileName() + ")";
            Map<String, String> front = frontMatter(page);
            Stream.of(words(front, "alert").stream().map(alert -> "| `" + alert + "` |"),
                    words(front, "events").stream().map(event -> "| `" + event + "` |"),
                    words(front, "errors").stream().map(code -> "| " + code + " |"))
                    .flatMap(rows -> rows)
                    .filter(row -> index.lines().noneMatch(line -> line.startsWith(row) && line.contains(link)))
                    .forEach(row -> wrong.add("no row '" + row + "' with " + link));
            if (index.lines()
                    .noneMatch(line -> line.contains(link) && line.endsWith("| " + front.get("priority") + " | "
                            + front.get("status") + " |"))) {
                wrong.add("no row with " + link + ", its priority and status");
            }
        }
        assertNone(wrong);
    }

    @Test
    void everyTroubleHasATestThatIsThere() throws IOException {
        List<String> troubles = Files.readAllLines(DOCS.resolve("failover.md"))
                .stream()
                .dropWhile(line -> !line.startsWith("| trouble |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("| "))
                .toList();
        assertTrue(troubles.size() > 20, "the table is not read as it should be: " + troubles);
        List<String> wrong = new ArrayList<>();
        for (String trouble : troubles) {
            String tests = trouble.substring(trouble.lastIndexOf("| ", trouble.length() - 3));
            List<String> named = Pattern.compile("`(\\w+)`").matcher(tests).results().map(r -> r.group(1)).toList();
            if (named.isEmpty() || !named.stream().allMatch(test -> Files.exists(E2E.resolve(test + ".java")))) {
                wrong.add(trouble + " names no test, or one that is not there");
            }
        }
        assertNone(wrong);
    }

    @Test
    void everyLinkLeadsToAFileAndToAHeading() throws IOException {
        List<String> wrong = new ArrayList<>();
        List<Path> all = new ArrayList<>(List.of(ROOT.resolve("README.md")));
        try (Stream<Path> docs = Files.walk(DOCS)) {
            docs.filter(file -> file.toString().endsWith(".md")).forEach(all::add);
        }
        for (Path page : all) {
            Matcher link = LINK.matcher(Files.readString(page));
            while (link.find()) {
                Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1)).normalize();
                if (!Files.exists(target)
                        || link.group(2) != null && !anchors(target).contains(link.group(2))) {
                    wrong.add(ROOT.relativize(page) + ": " + link.group());
                }
            }
        }
        assertNone(wrong);
    }

    /** As GitHub makes them of headings; of two that are equal the second has a number. */
    private static Set<String> anchors(Path page) throws IOException {
        Set<String> anchors = new TreeSet<>();
        boolean code = false;
        for (String line : Files.readAllLines(page)) {
            code ^= line.startsWith("```");
            if (!code && line.matches("#{1,6} .*")) {
                String anchor = line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-');
                for (int again = 1; !anchors.add(anchor); again++) {
                    anchor = anchor.replaceFirst("(?:-\\d+)?$", "-" + again);
                }
            }
        }
        return anchors;
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.list(INDEX.getParent())) {
            return files.filter(file -> file.toString().endsWith(".md") && !file.equals(INDEX)).sorted().toList();
        }
    }

    /** What stands between the first two lines of dashes. */
    private static Map<String, String> frontMatter(Path page) throws IOException {
        String[] parts = Files.readString(page).split("(?m)^---\n", 3);
        return parts.length < 3 || !parts[0].isEmpty()
                ? Map.of()
                : Pattern.compile("(?m)^(\\w+): (.*)$")
                        .matcher(parts[1])
                        .results()
                        .collect(Collectors.toMap(line -> line.group(1), line -> line.group(2), (_, last) -> last,
                                TreeMap::new));
    }

    /** All words that the pages have under a key. */
    private static Set<String> words(String key) throws IOException {
        Set<String> words = new TreeSet<>();
        for (Path page : pages()) {
            words.addAll(words(frontMatter(page), key));
        }
        return words;
    }

    private static List<String> words(Map<String, String> front, String key) {
        return Pattern.compile("[\\w-]+")
                .matcher(front.getOrDefault(key, ""))
                .results()
                .map(MatchResult::group)
                .toList();
    }

    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path folder : modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
                }
            }
        }
        return found;
    }

    private static void assertNone(List<String> wrong) {
        assertEquals("", String.join("\n", wrong));
    }
}
