package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.io.Identity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code holdfast restore --cluster}: what is asked of the agent beside, after the plan was made and a person has seen it. */
final class ClusterRestore {
    private final Holdfast holdfast;
    private final boolean json;

    ClusterRestore(Holdfast holdfast, boolean json) {
        this.holdfast = holdfast;
        this.json = json;
    }

    /** Gives one up. */
    int abandon() throws InterruptedException {
        return OperationWatch.ask(holdfast, "restore/abandon", JsonNodeFactory.instance.objectNode(), json);
    }

    /** What the plan means for the cluster, a line each. */
    void explain(JsonNode status) {
        String self = status.path("answeredBy").asText();
        List<String> lines = new ArrayList<>();
        lines.add("on " + self + ": its data directory is overwritten, and it is the primary afterwards");
        lines.add("every PostgreSQL of cluster " + status.path("cluster").asText()
                + " is stopped from now until then; the other members are rewound or cloned");
        for (JsonNode member : status.path("members")) {
            if (member.path("role").asText().equals("primary")) {
                lines.add(member.path("name").asText() + " has written WAL up to " + member.path("lsn").asText()
                        + "; what of it lies after the target is given up, on every member");
                if (!member.path("name").asText().equals(self)) {
                    lines.add(member.path("name").asText() + " is the primary: what it has not archived yet is not in '"
                            + "--target latest' unless this is run there");
                }
            }
        }
        if (status.hasNonNull("restoring")) {
            lines.add("under way already: " + status.path("restoring").asText());
        }
        if (!json) {
            holdfast.console().print(lines);
        }
    }

    /** Goes on only if a person has typed the cluster's name. */
    void confirm(String cluster) {
        holdfast.console().print(List.of("To go on, type the name of the cluster:"));
        String typed;
        try {
            typed = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        } catch (IOException e) {
            typed = null;
        }
        if (typed == null || !typed.strip().equals(cluster)) {
            throw new Failure(ExitCode.REFUSED, "HF-5134", "that is not the cluster's name: nothing was done",
                    "Type '" + cluster + "', or say --yes.");
        }
    }

    /** Asks for it, and follows it to its end. */
    int run(RestorePlan plan, String target, @Nullable Integer timeline, @Nullable Identity identity,
            Map<String, Path> tablespaces) throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        // The backup of the plan that was shown, whatever is made meanwhile.
        wish.put("target", target).put("backup", plan.backup().id().toString()).put("timeline", timeline);
        if (identity != null) {
            wish.put("identity", new String(identity.text()));
        }
        ObjectNode spaces = wish.putObject("tablespace");
        tablespaces.forEach((name, path) -> spaces.put(name, path.toAbsolutePath().normalize().toString()));
        return OperationWatch.ask(holdfast, "restore", wish, json);
    }
}
