package io.holdfast.agent.io.cli;

import io.holdfast.config.io.CertificateAuthority;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast certs}. */
@Command(name = "certs", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "init|issue", description = {
        "Makes the cluster's own certificates.", "",
        "The agents speak to each other, and standbys to the primary, with certificates of the cluster's own authority. Make "
                + "the authority once, issue one certificate for each member, and copy to a member its own two files and "
                + "ca.crt. Keep ca.key off the members. Nothing is ever overwritten."}, footer = {"", "Examples:",
                        "  holdfast certs init --out ca",
                        "  holdfast certs issue --ca ca --name db1 --host 10.0.0.1 --host db1.example.org --out db1"})
final class CertsVerb implements Runnable {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say init or issue");
    }

    @Command(name = "init", mixinStandardHelpOptions = true, description = "Makes the authority: ca.crt and ca.key, valid for ten years.")
    int init(
            @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where to; made when it is not there.") Path out) {
        return made(CertificateAuthority.init(out));
    }

    @Command(name = "issue", mixinStandardHelpOptions = true, description = "Issues a member's certificate: NAME.crt and NAME.key, valid for two years.")
    int issue(
            @Option(names = "--ca", required = true, paramLabel = "DIR", description = "Where the authority is.") Path ca,
            @Option(names = "--name", required = true, description = "The member's name.") String name,
            @Option(names = "--host", required = true, paramLabel = "ADDR", description = "An address or name of its host; may be given again.") List<String> hosts,
            @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where to; made when it is not there.") Path out) {
        return made(CertificateAuthority.issue(ca, name, hosts, out));
    }

    private int made(CertificateAuthority.Issued issued) {
        holdfast.console().print(List.of(issued.cert().toString(), issued.key().toString()));
        return ExitCode.DONE;
    }
}
