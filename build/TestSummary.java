import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;

/**
 * Reads the reports that a build has left behind, and prints what was skipped and why, what failed, the line coverage, and as
 * the last line the counts. Ends with 1 when a test failed or none ran.
 */
final class TestSummary {
    private final DocumentBuilder xml;
    private final List<String> skipped = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();
    private int passed;

    private TestSummary() throws Exception {
        xml = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        // JaCoCo's report names a DTD that is not there.
        xml.setEntityResolver((_, _) -> new InputSource(new StringReader("")));
    }

    public static void main(String[] args) throws Exception {
        TestSummary summary = new TestSummary();
        Path root = Path.of("");
        try (Stream<Path> files = Files.find(root, 4, (file, _) -> isTestReport(file))) {
            for (Path file : files.sorted().toList()) {
                summary.read(file);
            }
        }
        summary.skipped.forEach(line -> System.out.println("skipped  " + line));
        summary.failed.forEach(line -> System.out.println("FAILED   " + line));
        System.out.println(summary.coverage(root.resolve("agent/target/site/jacoco-aggregate/jacoco.xml")));
        System.out.printf("%d passed, %d failed, %d skipped%n", summary.passed, summary.failed.size(),
                summary.skipped.size());
        System.exit(summary.failed.isEmpty() && summary.passed > 0 ? 0 : 1);
    }

    private static boolean isTestReport(Path file) {
        String folder = file.getNameCount() == 4 ? file.getName(2).toString() : "";
        String name = file.getFileName().toString();
        return (folder.equals("surefire-reports") || folder.equals("failsafe-reports")) && name.startsWith("TEST-")
                && name.endsWith(".xml");
    }

    private void read(Path file) throws Exception {
        for (Element test : children(xml.parse(file.toFile()).getDocumentElement(), "testcase")) {
            String name = test.getAttribute("classname").replaceFirst("^io\\.holdfast\\.", "") + "."
                    + test.getAttribute("name");
            if (!children(test, "failure").isEmpty() || !children(test, "error").isEmpty()) {
                failed.add(name);
            } else if (children(test, "skipped") instanceof List<Element> why && !why.isEmpty()) {
                skipped.add(name + ": " + why.getFirst().getAttribute("message"));
            } else {
                passed++;
            }
        }
    }

    private String coverage(Path report) throws Exception {
        if (!Files.exists(report)) {
            return "line coverage: not measured";
        }
        for (Element counter : children(xml.parse(report.toFile()).getDocumentElement(), "counter")) {
            if (counter.getAttribute("type").equals("LINE")) {
                long covered = Long.parseLong(counter.getAttribute("covered"));
                long all = covered + Long.parseLong(counter.getAttribute("missed"));
                return "line coverage: %.1f %% (%d of %d lines)".formatted(100.0 * covered / all, covered, all);
            }
        }
        throw new IOException(report + " has no count of lines");
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }
}
