package io.holdfast.backup.io;

import io.holdfast.backup.FetchOutcome;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.WalFile;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fetches one file of WAL, sealed or not, opens it to its end, and sees that it is the one that its name says. */
final class WalDownload {
    private static final Logger LOG = LoggerFactory.getLogger(WalDownload.class);

    private final Repository repository;
    private final Layout layout;
    private final Form usual;
    private final @Nullable Identity identity;

    /**
     * From a repository.
     *
     * @param usual the form that is looked for first: how WAL is kept may have been changed
     */
    WalDownload(Repository repository, Layout layout, Form usual, @Nullable Identity identity) {
        this.repository = repository;
        this.layout = layout;
        this.usual = usual;
        this.identity = identity;
    }

    /** Where a file goes. */
    interface Place {
        /** Begins to write it. */
        WalSpool.Incoming begin() throws IOException;

        /** What contradicts that what was written is the file that was wanted; empty when nothing does. */
        Optional<String> contradiction(Path written) throws IOException;

        /** To whom it will belong. */
        UserPrincipal owner() throws IOException;

        /** That it cannot be written, or read again. */
        Problem unwritable(IOException error);
    }

    FetchOutcome get(WalFile file, Place place) {
        Form other = usual == Form.SEALED ? Form.COMPRESSED : Form.SEALED;
        for (Form form : List.of(usual, other)) {
            RepositoryPath path = layout.wal(file, form);
            switch (repository.get(path)) {
                case GetResult.Missing _ -> LOG.trace("{} is not there", path);
                case GetResult.Failed(var failure) -> {
                    return new FetchOutcome.Unreachable(failure);
                }
                case GetResult.Found found -> {
                    return take(found, form, path, place);
                }
            }
        }
        return new FetchOutcome.NotThere();
    }

    private FetchOutcome take(GetResult.Found found, Form form, RepositoryPath path, Place place) {
        try (var plain = SealedStream.open(found.stream(), form, identity, path.value());
                WalSpool.Incoming incoming = place.begin()) {
            incoming.take(plain);
            Optional<String> wrong = place.contradiction(incoming.path());
            if (wrong.isPresent()) {
                return new FetchOutcome.Unusable(new Problem("HF-2043",
                        path + " is not the file of WAL that its name says: " + wrong.get(),
                        "'holdfast backup verify' tells what else is; restore to a point before it."));
            }
            incoming.keep(place.owner());
            return new FetchOutcome.Fetched();
        } catch (RepositoryException e) {
            return new FetchOutcome.Unreachable(e.failure());
        } catch (SealException e) {
            return new FetchOutcome.Unusable(e.problem());
        } catch (IOException e) {
            return new FetchOutcome.Unusable(place.unwritable(e));
        }
    }
}
