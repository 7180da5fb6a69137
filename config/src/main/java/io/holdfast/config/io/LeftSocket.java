package io.holdfast.config.io;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A Unix socket that a server which was killed has left behind. */
public final class LeftSocket {
    private LeftSocket() {}

    /** Removes it, if there is one; false where somebody answers on it, and nothing is removed. */
    public static boolean remove(Path socket) throws IOException {
        if (!Files.exists(socket)) {
            return true;
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(socket));
            return false;
        } catch (IOException e) {
            // Nobody answers.
            Files.delete(socket);
            return true;
        }
    }
}
