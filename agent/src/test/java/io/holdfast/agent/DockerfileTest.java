package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The rules that hadolint has for a Dockerfile, as far as docker/Dockerfile could break them. */
final class DockerfileTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path FILE = ROOT.resolve("docker/Dockerfile");
    private static final Pattern PINNED = Pattern
            .compile("[a-z0-9./-]+:[0-9]+\\.[0-9]+[0-9a-z._-]*(?:@sha256:[0-9a-f]{64})?");

    /**
     * An instruction.
     *
     * @param word what it does
     * @param rest the rest of it, its lines in one
     */
    private record Instruction(String word, String rest) {}

    @Test
    void keepsTheRules() throws IOException {
        assertEquals("", String.join("\n", wrong(Files.readAllLines(FILE))));
    }

    @Test
    void theRulesFindWhatBreaksThem() {
        Map<String, String> broken = Map.of("FROM debian:latest", "is not pinned", "FROM debian", "is not pinned",
                "ADD https://example.org/x /x", "ADD", "RUN apt-get update", "updates the lists alone",
                "RUN apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*", "--no-install-recommends",
                "RUN apt-get update && apt-get install -y --no-install-recommends x", "leaves the lists",
                "RUN curl https://example.org/x | sh", "runs what it fetches", "ENTRYPOINT run", "is no list",
                "WORKDIR x",
                "is relative", "COPY --from=nowhere /x /x", "nowhere");
        broken.forEach((line, found) -> assertTrue(wrong(List.of("FROM debian:12.11-slim AS x", line)).stream()
                .anyMatch(one -> one.contains(found)), line));
        assertTrue(wrong(List.of("FROM debian:12.11-slim AS x", "USER root", "HEALTHCHECK CMD [\"x\"]")).stream()
                .anyMatch(one -> one.contains("as root")));
    }

    @Test
    void whatItCopiesIsThereAndIsNotIgnored() throws IOException {
        List<String> ignore = Files.readAllLines(ROOT.resolve("docker/Dockerfile.dockerignore"));
        List<String> let = ignore.stream().filter(line -> line.startsWith("!")).map(line -> line.substring(1)).toList();
        assertTrue(ignore.contains("*"), "all else is ignored");
        for (Instruction copy : read(Files.readAllLines(FILE))) {
            if (!copy.word().equals("COPY") || copy.rest().contains("--from=")) {
                continue;
            }
            String[] words = copy.rest().split(" ", -1);
            for (int i = 0; i < words.length - 1; i++) {
                String source = words[i].replace("${VERSION}", "*");
                assertTrue(let.contains(source), source + " is ignored");
                // What is built is not there yet.
                assertTrue(source.startsWith("agent/target/") || Files.isExecutable(ROOT.resolve(source)), source);
            }
        }
    }

    @Test
    void theDataDirectoryIsThatOfTheConfiguration() throws IOException {
        assertTrue(Files.readString(FILE).contains(" PGDATA=/var/lib/postgresql/data "));
        assertTrue(Files.readString(ROOT.resolve("docker/holdfast.yaml"))
                .contains("\n  data: /var/lib/postgresql/data\n"));
    }

    private static List<String> wrong(List<String> lines) {
        List<String> wrong = new ArrayList<>();
        Map<String, String> users = new HashMap<>();
        Map<String, Boolean> checked = new HashMap<>();
        String stage = "";
        boolean pipefail = false;
        for (Instruction one : read(lines)) {
            String rest = one.rest();
            switch (one.word()) {
                case "FROM" -> {
                    String[] words = rest.split(" ", -1);
                    if (!users.containsKey(words[0]) && !PINNED.matcher(words[0]).matches()) {
                        wrong.add(words[0] + " is not pinned");
                    }
                    stage = words.length == 3 ? words[2] : "the last";
                    users.put(stage, users.getOrDefault(words[0], "root"));
                    checked.put(stage, checked.getOrDefault(words[0], false));
                }
                case "USER" -> users.put(stage, rest);
                case "HEALTHCHECK" -> checked.put(stage, rest.contains("CMD ["));
                case "ADD" -> wrong.add("ADD does more than one sees: COPY");
                case "COPY" -> {
                    if (rest.startsWith("--from=") && !users.containsKey(rest.substring(7, rest.indexOf(' ')))) {
                        wrong.add("COPY " + rest + " of what there is not");
                    }
                }
                case "SHELL" -> pipefail = rest.contains("pipefail");
                case "RUN" -> wrong.addAll(wrongIn(rest, pipefail));
                case "CMD", "ENTRYPOINT" -> {
                    if (!rest.startsWith("[")) {
                        wrong.add(one.word() + " " + rest + " is no list: a shell would take the signals");
                    }
                }
                case "WORKDIR" -> {
                    if (!rest.startsWith("/")) {
                        wrong.add("WORKDIR " + rest + " is relative");
                    }
                }
                case "ARG", "ENV" -> {
                }
                default -> wrong.add(one.word() + " is not known here");
            }
        }
        // The stages that are no images of their own build something and are thrown away.
        users.forEach((name, user) -> {
            if (!name.equals("java") && (user.equals("root") || user.equals("0"))) {
                wrong.add(name + " runs as root");
            }
        });
        checked.forEach((name, has) -> {
            if (!name.equals("java") && !has) {
                wrong.add(name + " has no health check");
            }
        });
        return wrong;
    }

    private static List<String> wrongIn(String run, boolean pipefail) {
        List<String> wrong = new ArrayList<>();
        boolean installs = run.contains("apt-get install");
        if (run.contains("apt-get update") != installs) {
            wrong.add("RUN " + run + " updates the lists alone, or installs by old ones");
        }
        if (installs && !(run.contains(" -y ") && run.contains("--no-install-recommends"))) {
            wrong.add("RUN " + run + " lacks -y or --no-install-recommends");
        }
        if (installs && !run.contains("rm -rf /var/lib/apt/lists/*")) {
            wrong.add("RUN " + run + " leaves the lists");
        }
        if (Pattern.compile("(curl|wget)[^|]*\\|\\s*(ba)?sh").matcher(run).find()) {
            wrong.add("RUN " + run + " runs what it fetches");
        }
        if (run.replace("||", "").contains("|") && !pipefail) {
            wrong.add("RUN " + run + " does not see that the first part of a pipe fails");
        }
        if (run.contains("sudo ") || run.contains("apt ")) {
            wrong.add("RUN " + run + " uses what is for people");
        }
        return wrong;
    }

    private static List<Instruction> read(List<String> lines) {
        List<Instruction> instructions = new ArrayList<>();
        StringBuilder whole = new StringBuilder();
        for (String line : lines) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            boolean goesOn = line.endsWith("\\");
            whole.append(whole.isEmpty() ? "" : " ")
                    .append((goesOn ? line.substring(0, line.length() - 1) : line).strip());
            if (!goesOn) {
                String[] parts = whole.toString().split(" ", 2);
                instructions.add(new Instruction(parts[0], parts.length > 1 ? parts[1] : ""));
                whole.setLength(0);
            }
        }
        return instructions;
    }
}
