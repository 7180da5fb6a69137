package io.holdfast.backup.io;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the PostgreSQL of this host.
 *
 * @param socket the directory of its Unix socket
 * @param port its port
 * @param user a superuser, or one with EXECUTE on the functions of backups and {@code pg_control_*}
 * @param password null where the socket knows the user
 */
public record DatabaseAddress(Path socket, int port, String user, @Nullable String password) {
    @Override
    public String toString() {
        return user + "@" + socket + ":" + port;
    }
}
