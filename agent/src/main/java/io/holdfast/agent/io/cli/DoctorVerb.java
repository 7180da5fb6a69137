package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.Finding;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.config.io.Doctor;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast doctor}. */
@Command(name = "doctor", mixinStandardHelpOptions = true, description = {
        "Looks for all that is wrong with a configuration and its machine.", "",
        "It reports every problem at once, each with its place, the fact and a hint: first of the file; when that is right, of "
                + "the machine: PostgreSQL's binaries and version, the data directory, ports, peers, certificates, clock, "
                + "disk. It changes nothing. The exit code is 1 when an agent would not work."}, footer = {"",
                        "Examples:",
                        "  holdfast doctor -c /etc/holdfast/holdfast.yaml", "  holdfast doctor --json"})
final class DoctorVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() {
        Path file = holdfast.configOrDefault();
        List<Finding> findings = Doctor.check(ConfigLoader.load(file));
        boolean broken = findings.stream().anyMatch(finding -> finding.severity() == Finding.Severity.ERROR);
        if (json) {
            holdfast.console().print(List.of(json(findings).toPrettyString()));
        } else if (findings.isEmpty()) {
            holdfast.console().print(List.of("Nothing is wrong with " + file + " on this machine."));
        } else {
            findings.forEach(finding -> holdfast.console().print(List.of(line(finding))));
        }
        return broken ? ExitCode.FAILED : ExitCode.DONE;
    }

    private String line(Finding finding) {
        String severity = finding.severity().name().toLowerCase(java.util.Locale.ROOT);
        return (finding.severity() == Finding.Severity.ERROR
                ? holdfast.console().paint().bad(severity)
                : holdfast.console().paint().soon(severity)) + "  " + finding.problem().message();
    }

    private static ObjectNode json(List<Finding> findings) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode list = json.putArray("findings");
        for (Finding finding : findings) {
            list.addObject()
                    .put("severity", finding.severity().name().toLowerCase(java.util.Locale.ROOT))
                    .put("code", finding.problem().code())
                    .put("fact", finding.problem().fact())
                    .put("hint", finding.problem().hint());
        }
        return json;
    }
}
