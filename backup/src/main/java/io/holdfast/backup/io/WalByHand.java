package io.holdfast.backup.io;

import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.PushOutcome;
import io.holdfast.backup.Repository;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Archives and fetches single files of WAL, by the rules of {@link WalArchive} and {@link WalFetch} and without either: for a person,
 * and for a server that is recovered by hand.
 */
public final class WalByHand {
    private final Repository repository;
    private final Layout layout;
    private final Encryption encryption;
    private final @Nullable Identity identity;

    /**
     * Of a database.
     *
     * @param encryption whether, and for whom, WAL is sealed beside the identity
     * @param identity opens what is there; null when nothing is sealed
     */
    public WalByHand(Repository repository, Layout layout, Encryption encryption, @Nullable Identity identity) {
        this.repository = repository;
        this.layout = layout;
        this.encryption = encryption;
        this.identity = identity;
    }

    /** Archives a file that has the name that PostgreSQL gave it, wherever it lies. */
    public PushOutcome push(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        Path folder = absolute.resolveSibling("");
        Optional<WalFile> file = WalFile.read(String.valueOf(absolute.getFileName()));
        if (file.isEmpty()) {
            return new PushOutcome.Refused(new Problem("HF-2047", path + " does not have the name of a file of WAL",
                    "name one of pg_wal, as PostgreSQL does, such as 00000001000000000000002A."));
        }
        boolean inPlace = folder.endsWith("pg_wal");
        WalDirectory directory = new WalDirectory(inPlace ? folder.resolveSibling("") : folder, folder);
        if (!directory.isComplete(file.get())) {
            return new PushOutcome.Refused(new Problem("HF-2052",
                    path + " is not complete: PostgreSQL has not marked it in archive_status",
                    "its server still writes to it, or would when it is started; end the segment there by pg_switch_wal()."));
        }
        try {
            WalSegmentSize size = file.get() instanceof WalFile.History
                    ? WalSegmentSize.DEFAULT
                    : WalSource.size(absolute).orElse(WalSegmentSize.DEFAULT);
            WalOptions options = new WalOptions(folder, List.of(), folder, layout, size, encryption, identity, 1, 0, 1);
            return new WalPush(repository, options, directory).push(file.get()).outcome();
        } catch (IOException e) {
            return new PushOutcome.NotNow(path + " cannot be read: " + e);
        }
    }

    /** Fetches a file to a place, over what is there; nothing is touched before it is there, whole, beside that. */
    public FetchOutcome fetch(WalFile file, Path to) {
        Path target = to.toAbsolutePath();
        return new WalDownload(repository, layout, Form.of(encryption), identity).get(file, new WalDownload.Place() {
            @Override
            public WalSpool.Incoming begin() throws IOException {
                return new WalSpool.Incoming(target.resolveSibling("." + target.getFileName() + ".part"), target);
            }

            @Override
            public Optional<String> contradiction(Path written) throws IOException {
                return WalSource.contradiction(written, file, layout.systemId());
            }

            @Override
            public UserPrincipal owner() throws IOException {
                return Files.getOwner(target.resolveSibling(""));
            }

            @Override
            public Problem unwritable(IOException error) {
                return WalFetch.noPlace(target, error);
            }
        });
    }
}
