package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryFailure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;

/** Reads so many bytes of an object, and no fewer without an error. */
final class GuardedInput extends InputStream {
    private final InputStream in;
    private final Function<IOException, RepositoryFailure> meaning;
    private long left;

    /** Of a stream that stands at the first byte. */
    GuardedInput(InputStream in, long bytes, Function<IOException, RepositoryFailure> meaning) {
        this.in = in;
        this.left = bytes;
        this.meaning = meaning;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (left == 0) {
            return -1;
        }
        try {
            int count = in.read(bytes, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the object ends " + left + " bytes too early");
            }
            left -= count;
            return count;
        } catch (IOException e) {
            throw new RepositoryException(meaning.apply(e), e);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
