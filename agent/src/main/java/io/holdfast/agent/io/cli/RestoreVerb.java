package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.Amount;
import io.holdfast.agent.io.worker.Backups;
import io.holdfast.agent.io.worker.Restore;
import io.holdfast.agent.io.worker.Scratch;
import io.holdfast.agent.io.worker.Told;
import io.holdfast.backup.Layout;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.RestoreOptions;
import io.holdfast.backup.io.Workers;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.ConfigLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast restore}. */
@Command(name = "restore", mixinStandardHelpOptions = true, description = {
        "Restores a backup into a directory, or the whole cluster in place, and lets PostgreSQL replay the WAL up to a target.",
        "",
        "It asks no agent: the repository that the configuration names and a private key are enough, and whoever has that key may "
                + "do it; it is noted for the audit log of the agent of this host. First it decides whether the target can be reached, and touches nothing where it cannot. The directory is then a cleanly stopped "
                + "primary on a new timeline, or, with --at-target pause, a server that pauses at the target when it is "
                + "started. It is run as the user of PostgreSQL. A new cluster can be made of it: cluster.bootstrap.from.",
        "",
        "With --cluster it is the data directory of this member, by its agent: every PostgreSQL of the cluster is stopped, this "
                + "one is restored and is the primary then, the others follow. If it does not come to its end, for "
                + "whatever reason, the same command goes on."}, footer = {"", "Targets:",
                        "  latest                            all WAL that there is (the default)",
                        "  end                               the end of the backup",
                        "  'time=2026-01-31 10:00:00+01:00'  all that was committed up to a moment",
                        "  lsn=0/5000148  xid=74213  name=before-release", "", "Examples:",
                        "  holdfast restore --to /srv/side --identity /media/key/backup.key --target 'time=2026-01-31 10:00Z'",
                        "  holdfast restore --to /srv/side --identity /media/key/backup.key --dry-run",
                        "  holdfast restore --cluster --identity /media/key/backup.key --target name=before-release"})
final class RestoreVerb implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @ArgGroup(exclusive = true, multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Where where;

    /** One of the two. */
    static final class Where {
        @Option(names = "--to", paramLabel = "DIR", description = "The data directory; made when it is not there.")
        @Nullable
        Path directory;

        @Option(names = "--cluster", description = "The whole cluster in place; asks the agent of the member that is to be restored.")
        boolean cluster;
    }

    @Option(names = "--offline", description = "With --to, which never asks an agent: says so. No session and no code count, the key does.")
    boolean offline;

    @Option(names = "--yes", description = "With --cluster: does not ask for the cluster's name.")
    boolean yes;

    @Option(names = "--abandon", description = "With --cluster: gives up one that is under way, while the cluster's data are still there.")
    boolean abandon;

    @Option(names = "--target", paramLabel = "TARGET", defaultValue = "latest", description = "Up to where; see below. Default: ${DEFAULT-VALUE}.")
    String target = "latest";

    @Option(names = "--backup", paramLabel = "BACKUP", description = "From which backup. Default: the newest that fits.")
    @Nullable
    String backup;

    @Option(names = "--timeline", paramLabel = "N", description = "On the way to which timeline. Default: the newest.")
    @Nullable
    Integer timeline;

    @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens the backups. Default: it is asked for.")
    @Nullable
    Path identity;

    @Option(names = "--over", description = "Into a directory that holds an old copy: what is the same in it stays.")
    boolean over;

    @Option(names = "--tablespace", paramLabel = "NAME=DIR", description = "Where a tablespace goes. Default: where it was.")
    Map<String, Path> tablespaces = new LinkedHashMap<>();

    @Option(names = "--at-target", paramLabel = "WHAT", defaultValue = "promote", description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    RestoreOptions.AtTarget atTarget = RestoreOptions.AtTarget.PROMOTE;

    @Option(names = "--system-id", paramLabel = "ID", defaultValue = "", description = "Of which database, where the repository has several of the cluster.")
    String systemId = "";

    @Option(names = "--dry-run", description = "Says how the target would be reached, and what would be lost.")
    boolean dryRun;

    @Option(names = "--json", description = "Prints JSON, a line for each step.")
    boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path directory = where.directory;
        ClusterRestore whole = new ClusterRestore(holdfast, json);
        if (directory == null && (over || offline || atTarget != RestoreOptions.AtTarget.PROMOTE)
                || directory != null && (yes || abandon)) {
            throw new ParameterException(spec.commandLine(),
                    "--over, --offline and --at-target go with --to, --yes and --abandon with --cluster");
        }
        if (abandon) {
            return whole.abandon();
        }
        if (directory != null && System.getProperty("user.name").equals("root")) {
            throw new Failure(ExitCode.USAGE, "HF-5116", "root cannot run PostgreSQL, which replays the WAL",
                    "Run it as PostgreSQL's user: runuser -u postgres -- holdfast restore ...");
        }
        RestoreRequest request = new RestoreRequest(RecoveryTarget.read(target), OpenRepository.backup(backup),
                timeline == null ? null : new TimelineId(timeline));
        HoldfastConfig config = ConfigLoader.load(holdfast.configOrDefault());
        try (Scratch scratch = Scratch.make();
                Backups backups = new Backups(config);
                Identity key = OpenRepository.identity(identity, backups)) {
            Layout layout = backups.layout(systemId);
            Restore restore = new Restore(backups.repository(), layout, key, config.postgresqlOrThrow().bin(),
                    scratch.path());
            RestorePlan plan = restore.plan(request);
            OpenRepository.print(holdfast, plan, json);
            if (directory == null) {
                whole.explain(holdfast.agent().get("/api/v1/status"));
                if (dryRun) {
                    return ExitCode.DONE;
                }
                if (!yes) {
                    whole.confirm(config.cluster().name());
                }
                return whole.run(plan, target, timeline, key, tablespaces);
            }
            if (!dryRun) {
                recorded(config, restore, plan, directory.toAbsolutePath().normalize());
            }
            return ExitCode.DONE;
        } catch (RepositoryException e) {
            throw new Failure(ExitCode.FAILED, List.of(e.failure().problem()));
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "HF-5102", "a file could not be read or written: " + e,
                    "Look at the disk, and whether this user may write there.");
        }
    }

    private void recorded(HoldfastConfig config, Restore restore, RestorePlan plan, Path into)
            throws IOException, InterruptedException {
        OfflineRecord record = new OfflineRecord(config.state(), spec.commandLine().getErr(), "restore",
                "target=" + target + " to=" + into + " backup=" + plan.backup().id());
        record.write("begins");
        String result = "failed";
        try {
            restore.run(plan, new Restore.Wish(into, over, tablespaces, atTarget, Workers.threads()), told());
            result = "done";
        } finally {
            record.write(result);
        }
    }

    private Told told() {
        return new Told() {
            @Override
            public void step(String name) {
                holdfast.console()
                        .print(List.of(json
                                ? JsonNodeFactory.instance.objectNode().put("step", name).toString()
                                : name));
            }

            @Override
            public void progress(long done, long total, String unit) {
                holdfast.console()
                        .print(List.of(json
                                ? JsonNodeFactory.instance.objectNode().put("done", done).put("total", total).toString()
                                : Amount.bytes(done) + " of " + Amount.bytes(total)));
            }
        };
    }
}
