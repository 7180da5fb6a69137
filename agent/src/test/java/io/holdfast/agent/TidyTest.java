package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What keeps the sources readable, and what no compiler looks at. */
final class TidyTest {
    /** The repository: tests run in the module's folder. */
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int MOST_LINES = 450;
    private static final int MOST_CONTRACT_LINES = 8;
    /** Files that may be longer, each with its reason. */
    private static final Map<String, String> LONGER = Map.of("PostgresAdapterTest.java",
            "one real PostgreSQL test reads like the next; the rig beside it is what they share", "BrokenRule.java",
            "one broken rule reads like the next, and no two are told together", "PostgresAdapter.java",
            "the port to PostgreSQL, one short method for each effect", "SimPostgres.java",
            "the twin of PostgreSQL, whose state all its traps share", "BackupFaultsLongIT.java",
            "one disturbed cluster, and the words that all its tests share");
    private static final Path ERRORS = ROOT.resolve("docs/errors.md");
    private static final Pattern CODE = Pattern.compile("HF-\\d{4}");
    private static final Pattern ROW = Pattern.compile("\\| (HF-\\d{4}) \\| [^|]+ \\| [^|]+ \\|");

    @Test
    void everyPackageHasItsContract() throws IOException {
        List<String> wrong = new ArrayList<>();
        TreeSet<Path> packages = new TreeSet<>();
        sources("src/main/java").forEach(file -> packages.add(file.getParent()));
        for (Path folder : packages) {
            Path contract = folder.resolve("package-info.java");
            if (!Files.exists(contract)) {
                wrong.add(ROOT.relativize(folder) + " has no package-info.java");
                continue;
            }
            String text = Files.readString(contract);
            if (!text.contains("@NullMarked")) {
                wrong.add(ROOT.relativize(contract) + " lacks @NullMarked");
            }
            int start = text.indexOf("/**");
            int end = text.indexOf("*/");
            if (start < 0 || end < 0 || text.substring(start, end).lines().count() > MOST_CONTRACT_LINES) {
                wrong.add(ROOT.relativize(contract) + " says nothing, or more than " + MOST_CONTRACT_LINES + " lines");
            }
        }
        assertNone(wrong);
    }

    @Test
    void noFileIsLongWithoutAReason() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path file : allSources()) {
            long lines = Files.readString(file).lines().count();
            if (lines > MOST_LINES && !LONGER.containsKey(file.getFileName().toString())) {
                wrong.add(ROOT.relativize(file) + " has " + lines + " lines; split it, or say in LONGER why not");
            }
        }
        assertNone(wrong);
    }

    @Test
    void nothingIsLeftForLater() throws IOException {
        // Written in two parts, so that this file does not find itself.
        Pattern later = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
        List<String> wrong = new ArrayList<>();
        for (Path file : allSources()) {
            Matcher matcher = later.matcher(Files.readString(file));
            if (matcher.find()) {
                wrong.add(ROOT.relativize(file) + " says " + matcher.group());
            }
        }
        assertNone(wrong);
    }

    @Test
    void everyErrorCodeBelongsToOneModuleAndIsExplained() throws IOException {
        List<String> wrong = new ArrayList<>();
        Map<String, Set<String>> modules = codes();
        List<String> rows = rows();
        modules.forEach((code, owners) -> {
            if (owners.size() > 1) {
                wrong.add(code + " is used in several modules, so it may mean several things: " + owners);
            }
            if (!rows.contains(code)) {
                wrong.add(code + " of " + owners + " has no row in docs/errors.md");
            }
        });
        assertNone(wrong);
    }

    @Test
    void everyErrorCodeThatIsExplainedCanOccur() throws IOException {
        Map<String, Set<String>> modules = codes();
        List<String> wrong = new ArrayList<>();
        try (Stream<String> lines = Files.lines(ERRORS)) {
            lines.flatMap(line -> CODE.matcher(line).results())
                    .map(MatchResult::group)
                    .filter(code -> !modules.containsKey(code))
                    .forEach(code -> wrong.add(code + " of docs/errors.md is in no module's sources"));
        }
        assertNone(wrong);
    }

    @Test
    void errorCodesAreExplainedOnceInOrderAndInTheSectionOfTheirRange() throws IOException {
        List<String> rows = rows();
        assertEquals(new ArrayList<>(new TreeSet<>(rows)), rows);
        List<String> wrong = new ArrayList<>();
        String section = "none";
        for (String line : Files.readAllLines(ERRORS)) {
            if (line.startsWith("## ")) {
                section = line.substring(3).replaceFirst(":.*", "");
            } else if (ROW.matcher(line).matches() && !line.startsWith("| " + section)) {
                wrong.add("'" + line + "' stands under " + section);
            }
        }
        assertNone(wrong);
    }

    /** The modules of each code in all that is shipped: Java, and the script that starts it. */
    private static Map<String, Set<String>> codes() throws IOException {
        Map<String, Set<String>> modules = new TreeMap<>();
        List<Path> files = new ArrayList<>(sources("src/main").toList());
        files.add(ROOT.resolve("agent/src/main/dist/bin/holdfast"));
        for (Path file : files) {
            CODE.matcher(Files.readString(file))
                    .results()
                    .forEach(found -> modules.computeIfAbsent(found.group(), _ -> new TreeSet<>())
                            .add(ROOT.relativize(file).getName(0).toString()));
        }
        return modules;
    }

    /** The codes that have a row with what is and what to do. */
    private static List<String> rows() throws IOException {
        return Files.readAllLines(ERRORS)
                .stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(1))
                .toList();
    }

    @Test
    void everyLinkToAFileLeadsSomewhere() throws IOException {
        Pattern link = Pattern.compile("\\]\\((?!https?:|#|mailto:)([^)#\\s]+)");
        List<String> wrong = new ArrayList<>();
        List<Path> pages = new ArrayList<>();
        pages.add(ROOT.resolve("README.md"));
        if (Files.isDirectory(ROOT.resolve("docs"))) {
            try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
                docs.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
            }
        }
        for (Path page : pages) {
            Matcher matcher = link.matcher(Files.readString(page));
            while (matcher.find()) {
                if (!Files.exists(page.resolveSibling(matcher.group(1)))) {
                    wrong.add(ROOT.relativize(page) + " links to " + matcher.group(1) + ", which is not there");
                }
            }
        }
        assertNone(wrong);
    }

    private static List<Path> allSources() throws IOException {
        return Stream.concat(sources("src/main"), sources("src/test")).toList();
    }

    /** The Java files under a folder of every module. */
    private static Stream<Path> sources(String folder) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.filter(path -> Files.exists(path.resolve("pom.xml"))).sorted().toList()) {
                if (Files.isDirectory(module.resolve(folder))) {
                    try (Stream<Path> files = Files.walk(module.resolve(folder))) {
                        files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(found::add);
                    }
                }
            }
        }
        return found.stream();
    }

    private static void assertNone(List<String> wrong) {
        assertEquals("", String.join("\n", wrong));
    }
}
