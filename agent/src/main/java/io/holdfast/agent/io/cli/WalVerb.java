package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.worker.Backups;
import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.PushOutcome;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.WalByHand;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import io.holdfast.config.io.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast wal}. */
@Command(name = "wal", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "push|fetch", description = {
        "Archives and fetches single files of WAL, without any agent.", "",
        "For a person, and for a server that is recovered by hand. What PostgreSQL calls while an agent runs is faster and is set by "
                + "itself. It is run as PostgreSQL's user: what it writes must belong to that."}, footer = {"",
                        "Examples:",
                        "  holdfast wal push /mnt/lost/pg_wal/00000003000000000000002A",
                        "  holdfast wal fetch 00000003000000000000002A /tmp",
                        "  restore_command = 'holdfast wal fetch \"%%f\" \"%%p\"'"})
final class WalVerb implements Runnable {
    /** What the repository does not have; bin/holdfast makes 1 of it. */
    static final int NOT_THERE = 64;
    /** What must stop a recovery: PostgreSQL takes any other one for the end of WAL. */
    static final int STOP = 200;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say push or fetch");
    }

    @Command(name = "push", mixinStandardHelpOptions = true, description = {
            "Archives a file of WAL, and ends with 0 when it is durable in the repository.", "",
            "One that is there already with the same content is a success; with other content it is refused, and nothing is "
                    + "overwritten. A segment in a pg_wal must be complete."})
    int push(
            @Parameters(paramLabel = "PATH", description = "The file, under the name that PostgreSQL gave it.") Path path,
            @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens what is in the archive. Default: 'backup.wal-identity'.") @Nullable Path identity,
            @Option(names = "--system-id", paramLabel = "ID", defaultValue = "", description = "Of which database, where the repository has several of the cluster.") String systemId)
            throws IOException {
        PushOutcome outcome = inRepository(identity, systemId, wal -> wal.push(path));
        return switch (outcome) {
            case PushOutcome.Durable _,PushOutcome.Spared _ -> {
                holdfast.console().print(List.of(outcome.why()));
                yield ExitCode.DONE;
            }
            case PushOutcome.Away(var failure) -> throw new Failure(ExitCode.FAILED, List.of(failure.problem()));
            case PushOutcome.Refused(var problem) -> throw new Failure(ExitCode.FAILED, List.of(problem));
            case PushOutcome.NotNow(var why) -> throw new Failure(ExitCode.FAILED, "HF-5124",
                    path + " is not archived: " + why, "Nothing is lost; try it again.");
        };
    }

    @Command(name = "fetch", mixinStandardHelpOptions = true, description = {
            "Fetches a file of WAL from the repository.", "",
            "It ends with 0 when the file is there, whole; with 1 when the repository was asked and has none; and with 200 when "
                    + "nobody knows, or what there is cannot be used, so that a recovery stops instead of taking it for the end of WAL."})
    int fetch(
            @Parameters(paramLabel = "NAME", description = "Such as 00000003000000000000002A, or 00000003.history.") String name,
            @Parameters(paramLabel = "TO", description = "The file, or a directory for it.") Path to,
            @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens WAL. Default: 'backup.wal-identity'.") @Nullable Path identity,
            @Option(names = "--system-id", paramLabel = "ID", defaultValue = "", description = "Of which database, where the repository has several of the cluster.") String systemId)
            throws IOException {
        WalFile file = WalFile.read(name)
                .orElseThrow(() -> new ParameterException(spec.commandLine(), "'" + name
                        + "' is no name of a file of WAL"));
        Path target = Files.isDirectory(to) ? to.resolve(name) : to;
        return switch (inRepository(identity, systemId, wal -> wal.fetch(file, target))) {
            case FetchOutcome.Fetched _ -> ExitCode.DONE;
            case FetchOutcome.NotThere _ -> throw new Failure(NOT_THERE, "HF-5125",
                    name + " is not in the repository",
                    "It was never archived, or nobody needs it any more; 'holdfast backup list' shows what there is.");
            case FetchOutcome.Unreachable(var failure) -> throw new Failure(STOP, List.of(failure.problem()));
            case FetchOutcome.Unusable(var problem) -> throw new Failure(STOP, List.of(problem));
        };
    }

    /** What is done with the archive. */
    private interface Work<T> {
        T in(WalByHand wal);
    }

    private <T> T inRepository(@Nullable Path identity, String systemId, Work<T> work) throws IOException {
        if (System.getProperty("user.name").equals("root")) {
            throw new Failure(ExitCode.USAGE, "HF-5123", "what root writes PostgreSQL could not read",
                    "Run it as PostgreSQL's user: runuser -u postgres -- holdfast wal ...");
        }
        try (Backups backups = new Backups(ConfigLoader.load(holdfast.configOrDefault()));
                Identity key = identity == null ? backups.own() : Identity.read(identity)) {
            Encryption encryption = backups.backup().encryption();
            if (key == null && encryption instanceof Encryption.To) {
                throw new Problem("HF-5117", "WAL is sealed, and no private key was given",
                        "Name its file by --identity, or as 'backup.wal-identity'.").toException();
            }
            return work.in(new WalByHand(backups.repository(), backups.layout(systemId), encryption, key));
        } catch (RepositoryException e) {
            throw new Failure(ExitCode.FAILED, List.of(e.failure().problem()));
        }
    }
}
