package io.holdfast.agent.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** docs/deploy.md as a script reads it: its blocks, in order, each with the hosts that its first line names. */
final class DeployPage {
    /** Where the page goes on from a cluster that runs. */
    static final String UPGRADE = "Upgrading an agent";
    /** Where it goes back. */
    static final String BACK = "Back again";
    private static final Pattern HOSTS = Pattern.compile("# on ([a-z0-9]+(?:, [a-z0-9]+)*)");
    private static final Pattern ARCHIVE = Pattern.compile("holdfast-([0-9.]+)\\.tar");

    private DeployPage() {}

    /**
     * A block.
     *
     * @param heading of the part that it is in
     * @param hosts where it is run, one after the other
     * @param lines what is run
     */
    record Block(String heading, List<String> hosts, List<String> lines) {
        /** Whether it is a dialogue, and no script. */
        boolean asks() {
            return lines.stream().anyMatch(line -> line.startsWith("$ "));
        }
    }

    /** All blocks that say where they are run. */
    static List<Block> read(Path page) throws IOException {
        List<Block> blocks = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        String heading = "";
        boolean fenced = false;
        for (String line : Files.readAllLines(page)) {
            if (line.startsWith("```")) {
                Matcher hosts = HOSTS.matcher(fenced && !lines.isEmpty() ? lines.getFirst() : "");
                if (hosts.matches()) {
                    blocks.add(new Block(heading, List.of(hosts.group(1).split(", ", -1)),
                            List.copyOf(lines.subList(1, lines.size()))));
                }
                lines.clear();
                fenced = !fenced;
            } else if (fenced) {
                lines.add(line);
            } else if (line.startsWith("#")) {
                heading = line.replaceFirst("^#+ ", "");
            }
        }
        return blocks;
    }

    /** The versions that it speaks of: the one that is deployed, and the one that follows it. */
    static List<String> versions(Path page) throws IOException {
        return List.copyOf(new TreeSet<>(ARCHIVE.matcher(Files.readString(page))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList()));
    }
}
