package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast switchover}. */
@Command(name = "switchover", mixinStandardHelpOptions = true, description = {
        "Makes another member the primary, on purpose and without loss.", "",
        "It says first what stands in the way. Then: a checkpoint, a clean stop of PostgreSQL, by which the standbys get all of its WAL; the leadership is given up in favour of the target; the old primary comes back as a standby. When a step does not end in time, the old primary goes on as before. Writes stop for well under a second."}, footer = {
                "", "Examples:",
                "  holdfast switchover --to db2", "  holdfast switchover --dry-run",
                "  holdfast switchover --to db2 --at 2026-01-31T02:00:00Z", "  holdfast switchover --cancel"})
final class SwitchoverVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Option(names = "--to", paramLabel = "NAME", description = "Who is to be the primary. Default: the best that there is.")
    @Nullable
    String to;

    @Option(names = "--at", paramLabel = "TIME", description = "Begins then, and not now: ISO 8601, as 2026-01-31T02:00:00Z.")
    @Nullable
    String at;

    @Option(names = "--cancel", description = "Takes a scheduled switchover back.")
    boolean cancel;

    @Option(names = "--dry-run", description = "Only says what stands in the way.")
    boolean dryRun;

    @Option(names = "--json", description = "Prints JSON, a line for each step.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        if (cancel) {
            return OperationWatch.ask(holdfast, "switchover/cancel", wish, json);
        }
        wish.put("to", to).put("at", at).put("dryRun", dryRun);
        return OperationWatch.ask(holdfast, "switchover", wish, json);
    }
}
