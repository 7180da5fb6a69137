package io.holdfast.agent.io.cli;

import io.holdfast.backup.io.KeyFiles;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast keys}. */
@Command(name = "keys", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "new", description = {
        "Makes the keys that backups are sealed with.", "",
        "What is sealed for a public key opens with its private key only: name the public one in backup.recipients on every "
                + "node, and keep the private one off the nodes, in two places at least. Without it no backup can be "
                + "restored, by nobody. It is a key of age, which opens backups too. Nothing is ever overwritten."}, footer = {
                        "", "Examples:", "  holdfast keys new --out keys",
                        "  holdfast keys new --out /etc/holdfast --name wal    opens WAL only, and stays on the nodes"})
final class KeysVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say new");
    }

    @Command(name = "new", mixinStandardHelpOptions = true, description = "Makes a pair: NAME.key, private, mode 0600, and NAME.pub.")
    int create(
            @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where to; made when it is not there.") Path out,
            @Option(names = "--name", defaultValue = "backup", description = "The name of the files. Default: backup.") String name) {
        KeyFiles.Pair pair = KeyFiles.create(out, name);
        holdfast.console()
                .print(List.of(pair.identity().toString(), pair.recipientFile().toString(),
                        pair.recipient().toString()));
        return ExitCode.DONE;
    }
}
