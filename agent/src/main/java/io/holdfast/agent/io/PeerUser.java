package io.holdfast.agent.io;

import io.netty.channel.socket.nio.NioChannelOption;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * Which user of this machine is at the other end of a Unix socket, as the kernel says (SO_PEERCRED, unix(7)). This is the
 * only place that asks. Vert.x hides the channel behind its connection; a connection of any other make has no user, and is
 * refused by whoever asks.
 */
final class PeerUser {
    private PeerUser() {}

    /** The user's name, or its number when it has no name; empty when the kernel does not say. */
    static Optional<String> of(HttpConnection connection) {
        if (!(connection instanceof ConnectionBase base)) {
            return Optional.empty();
        }
        UnixDomainPrincipal peer = base.channelHandlerContext()
                .channel()
                .config()
                .getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED));
        return Optional.ofNullable(peer).map(both -> both.user().getName());
    }
}
