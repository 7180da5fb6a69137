package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Writes into a repository. What fails there is told apart from what fails where the bytes come from, and is remembered. */
final class GuardedOutput extends OutputStream {
    private final OutputStream out;
    private final Function<IOException, RepositoryFailure> meaning;
    private @Nullable RepositoryException failed;

    GuardedOutput(OutputStream out, Function<IOException, RepositoryFailure> meaning) {
        this.out = out;
        this.meaning = meaning;
    }

    /** The first failure, whatever became of its exception. */
    Optional<RepositoryFailure> failure() {
        return Optional.ofNullable(failed).map(RepositoryException::failure);
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[]{(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (failed != null) {
            throw failed;
        }
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failed = new RepositoryException(meaning.apply(e), e);
            throw failed;
        }
    }
}
