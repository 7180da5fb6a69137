package io.holdfast.backup.io;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Compresses into one frame of zstd, with its checksum. The frame ends by {@link #finish} only: closing frees the memory, so
 * that what broke off never looks like a whole.
 */
final class ZstdOutput extends OutputStream {
    /** What zstd takes at a time, and gives at most for that (ZSTD_CStreamInSize, ZSTD_CStreamOutSize). */
    private static final int PIECE = 128 << 10;

    private final ByteBuffer plain = ByteBuffer.allocateDirect(PIECE);
    private final ByteBuffer compressed = ByteBuffer.allocateDirect(PIECE + (1 << 10));
    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private final WritableByteChannel out;
    private long plainBytes;

    ZstdOutput(WritableByteChannel out, int level) {
        this.out = out;
        context.setLevel(level).setChecksum(true);
    }

    /** How many bytes were written to this. */
    long plainBytes() {
        return plainBytes;
    }

    @Override
    public void write(int value) throws IOException {
        if (!plain.hasRemaining()) {
            compress(EndDirective.CONTINUE);
        }
        plain.put((byte) value);
        plainBytes++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int written = 0;
        while (written < length) {
            if (!plain.hasRemaining()) {
                compress(EndDirective.CONTINUE);
            }
            int count = Math.min(length - written, plain.remaining());
            plain.put(bytes, offset + written, count);
            written += count;
        }
        plainBytes += length;
    }

    /** Ends the frame: all of it is in the channel then. */
    void finish() throws IOException {
        compress(EndDirective.END);
    }

    private void compress(EndDirective directive) throws IOException {
        plain.flip();
        boolean done = false;
        while (!done) {
            boolean flushed = context.compressDirectByteBufferStream(compressed, plain, directive);
            compressed.flip();
            while (compressed.hasRemaining()) {
                out.write(compressed);
            }
            compressed.clear();
            done = directive == EndDirective.END ? flushed : !plain.hasRemaining();
        }
        plain.clear();
    }

    @Override
    public void close() {
        context.close();
    }
}
