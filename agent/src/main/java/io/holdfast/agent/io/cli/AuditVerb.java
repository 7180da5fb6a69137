package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast audit}. */
@Command(name = "audit", mixinStandardHelpOptions = true, description = {
        "Shows who did what, and what was refused, on all agents, oldest first.", "",
        "Every line carries the hash of the one before it, and every agent has all of them: 'audit verify' finds what was "
                + "changed, taken out or put in."}, footer = {"", "Examples:", "  holdfast audit --user ada",
                        "  holdfast audit --since 2026-01-31T00:00:00Z --json", "  holdfast audit verify"})
final class AuditVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--since", paramLabel = "TIME", description = "From then on: ISO 8601, as 2026-01-31T02:00:00Z.")
    @Nullable
    String since;

    @Option(names = "--user", paramLabel = "NAME", description = "Of this one only.")
    @Nullable
    String user;

    @Option(names = "--last", paramLabel = "N", defaultValue = "200", description = "The newest so many, 1000 at most. Default: ${DEFAULT-VALUE}.")
    int last;

    @Option(names = "--json", description = "Prints JSON.")
    boolean json;

    @Override
    public Integer call() {
        StringBuilder query = new StringBuilder("?limit=" + last);
        if (since != null) {
            query.append("&since=").append(URLEncoder.encode(since, StandardCharsets.UTF_8));
        }
        if (user != null) {
            query.append("&user=").append(URLEncoder.encode(user, StandardCharsets.UTF_8));
        }
        JsonNode answer = holdfast.agent().get("/api/v1/audit" + query);
        List<String> lines = new ArrayList<>();
        String form = "%-21s %-20s %-16s %-18s %-8s %s";
        lines.add(form.formatted("AT", "WHO", "FROM", "WHAT", "", "ON WHAT, AND WHAT CAME OF IT"));
        for (JsonNode one : answer.path("records")) {
            lines.add(form.formatted(Words.second(one.path("at")), one.path("who").asText(), one.path("from").asText(),
                    one.path("action").asText(), one.path("allowed").asBoolean() ? "allowed" : "refused",
                    one.path("object").asText() + ": " + one.path("result").asText()));
        }
        holdfast.console().print(json ? List.of(answer.toPrettyString()) : lines);
        return ExitCode.DONE;
    }

    @Command(name = "verify", mixinStandardHelpOptions = true, description = "Looks whether the log is as it was written.")
    int verify(@Option(names = "--json", description = "Prints JSON.") boolean asJson) {
        JsonNode answer = holdfast.agent().get("/api/v1/audit/verify");
        List<String> lines = new ArrayList<>();
        answer.path("flaws")
                .forEach(flaw -> lines.add(flaw.path("chain").asText() + ", line " + flaw.path("line").asText() + ": "
                        + flaw.path("what").asText()));
        boolean good = lines.isEmpty();
        holdfast.console()
                .print(asJson
                        ? List.of(answer.toPrettyString())
                        : good ? List.of("The audit log is as it was written.") : lines);
        return good ? ExitCode.DONE : ExitCode.FAILED;
    }
}
