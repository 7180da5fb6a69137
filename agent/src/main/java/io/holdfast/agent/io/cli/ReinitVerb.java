package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.worker.Backups;
import io.holdfast.agent.io.worker.Restore;
import io.holdfast.agent.io.worker.Scratch;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.io.Identity;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.ConfigLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast reinit}. */
@Command(name = "reinit", mixinStandardHelpOptions = true, description = {"Clones a standby anew from the primary.", "",
        "Its old data directory is kept aside until the clone streams, where there is room.", "",
        "With --from-repository the files come from the newest backup and the WAL from the archive, over what is in the old "
                + "directory: what is the same stays. It then follows the primary. It is run on that member, as PostgreSQL's "
                + "user; the key is kept in the agent's memory until the files are there. The plan is shown first. If it "
                + "fails later on, the member is cloned from the primary."}, footer = {"", "Examples:",
                        "  holdfast reinit db3",
                        "  holdfast reinit db3 --from-repository --identity /media/key/backup.key"})
final class ReinitVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "The member.")
    String member = "";

    @Option(names = "--force", description = "Also the only standby that has all that was acknowledged.")
    boolean force;

    @Option(names = "--from-repository", description = "From a backup, and not from the primary.")
    boolean fromRepository;

    @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens the backups. Default: it is asked for.")
    @Nullable
    Path identity;

    @Option(names = "--backup", paramLabel = "BACKUP", description = "From which backup. Default: the newest that fits.")
    @Nullable
    String backup;

    @Option(names = "--system-id", paramLabel = "ID", defaultValue = "", description = "Of which database, where the repository has several of the cluster.")
    String systemId = "";

    @Option(names = "--dry-run", description = "Shows the plan, and does nothing.")
    boolean dryRun;

    @Option(names = "--json", description = "Prints JSON, a line for each step.")
    boolean json;

    @Override
    public Integer call() throws InterruptedException {
        if (!fromRepository && (identity != null || backup != null || dryRun)) {
            throw new ParameterException(spec.commandLine(),
                    "--identity, --backup and --dry-run go with --from-repository");
        }
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        wish.put("member", member).put("force", force);
        return fromRepository ? fromRepository(wish) : OperationWatch.ask(holdfast, "reinit", wish, json);
    }

    private int fromRepository(ObjectNode wish) throws InterruptedException {
        JsonNode status = holdfast.agent().get("/api/v1/status");
        if (!status.path("timeline").isInt()) {
            throw new Failure(ExitCode.FAILED, "HF-5137", "there is no primary that " + member + " could follow",
                    "'holdfast status' shows what the cluster waits for.");
        }
        HoldfastConfig config = ConfigLoader.load(holdfast.configOrDefault());
        try (Scratch scratch = Scratch.make();
                Backups backups = new Backups(config);
                Identity key = OpenRepository.identity(identity, backups)) {
            Restore restore = new Restore(backups.repository(), backups.layout(systemId), key,
                    config.postgresqlOrThrow().bin(), scratch.path());
            RestorePlan plan = restore.plan(new RestoreRequest(RecoveryTarget.read("latest"),
                    OpenRepository.backup(backup), new TimelineId(status.path("timeline").asInt())));
            OpenRepository.print(holdfast, plan, json);
            if (!json) {
                holdfast.console()
                        .print(List.of("on " + member + ": its data directory is overwritten, what is the same stays; "
                                + "then it replays this WAL, and streams from the primary"));
            }
            if (dryRun) {
                return ExitCode.DONE;
            }
            // The backup of the plan that was shown, whatever is made meanwhile.
            wish.put("backup", plan.backup().id().toString());
            if (key != null) {
                wish.put("identity", new String(key.text()));
            }
            return OperationWatch.ask(holdfast, "reinit/from-repository", wish, json);
        } catch (RepositoryException e) {
            throw new Failure(ExitCode.FAILED, List.of(e.failure().problem()));
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "HF-5102", "a file could not be read or written: " + e,
                    "Look at the disk, and whether this user may write there.");
        }
    }
}
