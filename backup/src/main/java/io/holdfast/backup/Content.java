package io.holdfast.backup;

import java.io.IOException;
import java.io.OutputStream;

/** Bytes that are on their way to somewhere. */
@FunctionalInterface
public interface Content {

    /**
     * Writes all of them. It neither closes the stream nor swallows what the stream throws.
     *
     * @throws IOException when they cannot be had, or the stream does not take them
     */
    void writeTo(OutputStream out) throws IOException;

    /** These bytes. */
    static Content of(byte[] bytes) {
        return out -> out.write(bytes);
    }
}
