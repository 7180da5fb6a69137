package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.MemberTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast member}. */
@Command(name = "member", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "list|add|remove", description = {
        "Shows who belongs to the cluster, adds members and removes them.", "",
        "A member that is removed counts for no majority any more, its slot is dropped, and its agent ends and says so whenever "
                + "it comes back. Nothing of its data is deleted."}, footer = {"", "Examples:",
                        "  holdfast member list", "  holdfast member remove db3 --yes",
                        "  holdfast member add db4 --peer 10.0.0.4:8010"})
final class MemberVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say list, add or remove");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the members. VOTES says whether one counts for a majority of agents; TAGS are those that are not as usual.")
    int list(@Option(names = "--json", description = "Prints JSON.") boolean json) {
        JsonNode answer = holdfast.agent().get("/api/v1/members");
        Console console = holdfast.console();
        console.print(json ? List.of(answer.toPrettyString()) : table(answer, console));
        return ExitCode.DONE;
    }

    private static List<String> table(JsonNode answer, Console console) {
        List<MemberTable.Row> rows = new ArrayList<>();
        for (JsonNode one : answer.path("members")) {
            Map<String, String> tags = new TreeMap<>();
            one.path("tags").properties().forEach(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
            rows.add(new MemberTable.Row(one.path("name").asText(), one.path("kind").asText(),
                    one.path("role").asText(), one.path("state").asText(), one.path("votes").asBoolean(),
                    one.path("peer").isTextual() ? one.path("peer").asText() : "", one.path("postgres").asText(),
                    tags));
        }
        return MemberTable.lines(rows, console.width());
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = {
            "Adds a member. Its agent must run, with an empty state directory and all members under 'peers'; it waits for "
                    + "this, and then clones the primary. Add it to 'peers' on the others too, for their next start."})
    int add(@Parameters(paramLabel = "NAME", description = "Its name.") String name,
            @Option(names = "--peer", paramLabel = "HOST:PORT", required = true, description = "Its 'listen.peer', as the others reach it.") String peer) {
        holdfast.agent()
                .post("/api/v1/members/add",
                        JsonNodeFactory.instance.objectNode().put("name", name).put("peer", peer));
        holdfast.console().print(List.of(name + " is a member now."));
        return ExitCode.DONE;
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = {
            "Removes a member, for good: its agent must be down. The primary cannot be removed, nor anybody without whom "
                    + "there would be no majority of agents alive. Remove it from 'peers' on the others too, for their next start."})
    int remove(@Parameters(paramLabel = "NAME", description = "Its name.") String name,
            @Option(names = "--yes", description = "Does not ask.") boolean yes,
            @Option(names = "--force", description = "Removes it even if its agent is alive, which then stops its PostgreSQL and ends.") boolean force)
            throws IOException {
        if (!yes && !confirmed(name)) {
            return ExitCode.FAILED;
        }
        holdfast.agent()
                .post("/api/v1/members/remove",
                        JsonNodeFactory.instance.objectNode().put("name", name).put("force", force));
        holdfast.console().print(List.of(name + " is no member any more."));
        return ExitCode.DONE;
    }

    /** A person is asked; a script must say that it means it. */
    private boolean confirmed(String name) throws IOException {
        if (!holdfast.console().terminal()) {
            throw new ParameterException(spec.commandLine(), "removing " + name + " must be confirmed with --yes");
        }
        holdfast.console().print(List.of("Remove " + name + " from the cluster for good? Type its name to confirm:"));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        return name.equals(in.readLine());
    }
}
