package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.Amount;
import io.holdfast.agent.io.StateSeal;
import io.holdfast.agent.io.worker.Backups;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.io.Identity;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.config.io.SettingsJson;
import io.holdfast.statesync.StateImage;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.ImageFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast state}. */
@Command(name = "state", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "export|import", description = {
        "The agents' shared state as a file: settings, users, service tokens, history, events, operations.", "",
        "It is sealed for the recipients of the backups. One is taken with every base backup too, and lies beside it. What is "
                + "valid for a moment only is not in it: leases, sessions, what is asked for and not done yet."}, footer = {
                        "", "Examples:", "  holdfast state export --out /mnt/safe/orders.state",
                        "  holdfast state import /mnt/safe/orders.state --dry-run",
                        "  holdfast state import /mnt/safe/orders.state --identity /media/key/backup.key",
                        "  holdfast state import --from-backup latest --identity /media/key/backup.key"})
final class StateVerb implements Runnable {
    private static final ClusterJson JSON = new ClusterJson(SettingsJson::readStored);

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say export or import");
    }

    // ---- export

    @Command(name = "export", mixinStandardHelpOptions = true, description = {
            "Writes an image of the shared state into a new file.", "",
            "All of it is as of one moment, while the cluster goes on. What is secret in it, and all else, can be read only by who has "
                    + "a private key of the backups."})
    int export(
            @Option(names = "--out", paramLabel = "FILE", required = true, description = "The file, which must not be there yet; '-' for standard output.") String out,
            @Option(names = "--recipient", paramLabel = "age1...", description = "Another public key that it is sealed for.") @Nullable List<String> recipients,
            @Option(names = "--json", description = "Prints what is in it as JSON.") boolean json) {
        ObjectNode wish = JsonNodeFactory.instance.objectNode();
        ArrayNode more = wish.putArray("recipients");
        (recipients == null ? List.<String>of() : recipients).forEach(more::add);
        byte[] image = Base64.getDecoder()
                .decode(holdfast.agent().post("/api/v1/state/export", wish).path("image").asText());
        ImageFile.Packed packed = ImageFile.read(image, JSON, StateSeal::isSigned, "the agent's image");
        if (out.equals("-")) {
            holdfast.console().out().write(image, 0, image.length);
            holdfast.console().out().flush();
            return ExitCode.DONE;
        }
        write(Path.of(out), image);
        tell(packed, json, out + " has " + Amount.bytes(image.length));
        return ExitCode.DONE;
    }

    /** For nobody but this user, and on disk. */
    private static void write(Path file, byte[] image) {
        try (FileChannel channel = FileChannel.open(file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(image);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (FileAlreadyExistsException e) {
            throw new Failure(ExitCode.FAILED, "HF-5177", file + " is there already", "Name a new file.");
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "HF-5177", file + " cannot be written: " + e,
                    "Name a file in a directory where this user may write, on a disk that has room.");
        }
    }

    private void tell(ImageFile.Packed packed, boolean json, String first) {
        StateImage.Header header = packed.header();
        if (json) {
            holdfast.console().print(List.of(JSON.write(header)));
            return;
        }
        List<String> lines = new ArrayList<>();
        lines.add(first);
        lines.add("the shared state of cluster " + header.cluster() + " (database " + header.systemId() + ") of "
                + header.at() + ", taken by " + header.member() + " at revision " + header.revision() + ", in epoch "
                + header.epoch());
        header.counts().forEach((kind, count) -> lines.add("  %5d  %s".formatted(count, kind)));
        lines.add("sealed for " + String.join(", ", header.recipients()));
        lines.add("signed by " + header.signer());
        holdfast.console().print(lines);
    }

    // ---- import

    /** One of the two. */
    static final class From {
        @Parameters(paramLabel = "FILE", arity = "0..1", description = "The image.")
        @Nullable
        Path file;

        @Option(names = "--from-backup", paramLabel = "BACKUP", description = "The image beside a backup of the repository that the configuration names; 'latest' for the newest.")
        @Nullable
        String backup;
    }

    @Command(name = "import", mixinStandardHelpOptions = true, description = {
            "Brings the shared state back from an image.", "",
            "For agents whose state directories are lost, or for a new cluster that was made of a backup. In the first case it is "
                    + "asked of the agent of the member that was the primary: that one then leads, in a new epoch, and the others follow. "
                    + "In the second, with --replace, users, settings and service tokens become those of the image, and who leads stays.",
            "",
            "The private key stays with this program. Nothing is changed where a byte of the image is, or where it is another "
                    + "cluster's. If it does not come to its end, the same command goes on."})
    int bringBack(@ArgGroup(exclusive = true, multiplicity = "1") From from,
            @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens the backups.") @Nullable Path identity,
            @Option(names = "--dry-run", description = "Says what is in it, and with --identity whether all of it is whole; asks no agent.") boolean dryRun,
            @Option(names = "--replace", description = "Users, settings and service tokens that are there give way to those of the image.") boolean replace,
            @Option(names = "--from-standby", description = "This member was a standby, and leads all the same: what only the primary had is given up.") boolean fromStandby,
            @Option(names = "--system-id", paramLabel = "ID", defaultValue = "", description = "With --from-backup: of which database, where the repository has several.") String systemId,
            @Option(names = "--json", description = "Prints JSON.") boolean json) {
        String what = from.file == null ? "the image of the backup" : from.file.toString();
        ImageFile.Packed packed = ImageFile.read(
                from.file == null ? fetched(String.valueOf(from.backup), systemId) : read(from.file), JSON,
                StateSeal::isSigned, what);
        if (identity == null) {
            if (dryRun) {
                tell(packed, json, "it is as it was signed; with --identity it is opened too");
                return ExitCode.DONE;
            }
            throw new Failure(ExitCode.USAGE, "HF-5117", "the image is sealed, and no private key was given",
                    "Name its file by --identity.");
        }
        byte[] plain;
        try (Identity key = Identity.read(identity)) {
            plain = StateSeal.unseal(packed, key, what);
        }
        ImageFile.open(packed.head(), plain, JSON, what);
        if (dryRun || !json) {
            tell(packed, json, "all of it is whole");
        }
        if (dryRun) {
            return ExitCode.DONE;
        }
        JsonNode answer = holdfast.agent()
                .post("/api/v1/state/import", JsonNodeFactory.instance.objectNode()
                        .put("header", packed.head())
                        .put("content", zipped(plain))
                        .put("replace", replace)
                        .put("fromStandby", fromStandby));
        holdfast.console().print(List.of(json ? answer.toPrettyString() : answer.path("done").asText() + "."));
        return ExitCode.DONE;
    }

    private static String zipped(byte[] plain) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written to", e);
        }
        return Base64.getEncoder().encodeToString(zipped.toByteArray());
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "HF-5177", file + " cannot be read: " + e,
                    "Name a file that this user may read.");
        }
    }

    private byte[] fetched(String backup, String systemId) {
        try (Backups backups = new Backups(ConfigLoader.load(holdfast.configOrDefault()))) {
            return backups.stateImage(backup.equals("latest") ? null : OpenRepository.backup(backup), systemId);
        } catch (RepositoryException e) {
            throw new Failure(ExitCode.FAILED, List.of(e.failure().problem()));
        } catch (IOException e) {
            throw new Failure(ExitCode.FAILED, "HF-5102", "a file could not be read or written: " + e,
                    "Look at the disk, and whether this user may write there.");
        }
    }
}
