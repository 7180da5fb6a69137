package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.SharedMemory;
import io.holdfast.statesync.MemberName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the adapter must know of this member's PostgreSQL.
 *
 * @param self this member
 * @param data the data directory; Holdfast makes it
 * @param bin where {@code postgres}, {@code initdb}, {@code pg_basebackup} and the others are
 * @param listen what members and clients connect to; it listens on localhost too
 * @param socket the directory of the Unix socket, at most 90 bytes long
 * @param state where Holdfast keeps its own files about PostgreSQL: identity, configuration, log, leash
 * @param hba lines that are added to Holdfast's own in {@code pg_hba.conf}
 * @param superuser whom the agent logs in as
 * @param replication the role that members copy and stream as
 * @param tls the certificates of this member; null: members reach each other over loopback only, unencrypted
 * @param addresses where the others' PostgreSQL listens; null for an unknown member
 * @param initdb additional options of initdb
 * @param sql SQL that is run once on the first primary; null: none
 * @param from a restored directory that the first primary is made of, by the member that has it; null: initdb makes it
 * @param settings the cluster's settings as they are now
 * @param standbys what the standbys that are there run with, of the parameters of {@link SharedMemory}
 * @param archive what its WAL is archived by; null: it is not archived
 * @param runAs the user that PostgreSQL runs as when this process is root; null: this process's own user
 */
public record PostgresOptions(MemberName self, Path data, Path bin, Endpoint listen, Path socket, Path state,
        List<String> hba, Superuser superuser, String replication, @Nullable Tls tls,
        Function<MemberName, @Nullable Endpoint> addresses, List<String> initdb, @Nullable Path sql,
        @Nullable Path from, Supplier<ClusterSettings> settings, Supplier<List<Map<String, Long>>> standbys,
        @Nullable Archive archive, @Nullable String runAs) {

    /** Takes immutable copies and absolute paths. */
    public PostgresOptions {
        data = data.toAbsolutePath().normalize();
        bin = bin.toAbsolutePath().normalize();
        socket = socket.toAbsolutePath().normalize();
        state = state.toAbsolutePath().normalize();
        hba = List.copyOf(hba);
        initdb = List.copyOf(initdb);
    }

    /** Of a member that knows nothing of standbys, and archives nothing. */
    public PostgresOptions(MemberName self, Path data, Path bin, Endpoint listen, Path socket, Path state,
            List<String> hba, Superuser superuser, String replication, @Nullable Tls tls,
            Function<MemberName, @Nullable Endpoint> addresses, List<String> initdb, @Nullable Path sql,
            Supplier<ClusterSettings> settings, @Nullable String runAs) {
        this(self, data, bin, listen, socket, state, hba, superuser, replication, tls, addresses, initdb, sql, null,
                settings, List::of, null, runAs);
    }

    /** The kernel shows working directories without symbolic links, so the data directory is known by its real path. */
    PostgresOptions withRealPath() {
        Path parent = data().getParent();
        Path real = data();
        try {
            if (Files.exists(data())) {
                real = data().toRealPath();
            } else if (parent != null && Files.exists(parent)) {
                real = parent.toRealPath().resolve(data().getFileName());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new PostgresOptions(self(), real, bin(), listen(), socket(), state(), hba(), superuser(),
                replication(), tls(), addresses(), initdb(), sql(), from(), settings(), standbys(),
                archive(), runAs());
    }

    /**
     * What archives the WAL of this member. The command is asked on standbys too, see {@link Configuration}.
     *
     * @param command {@code archive_command}; it takes the same file twice
     */
    public record Archive(String command) {}

    /**
     * An address.
     *
     * @param host a name or an IP address
     * @param port 1 to 65535
     */
    public record Endpoint(String host, int port) {
        /** True for an address that only this host can reach. */
        boolean isLoopback() {
            return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
        }

        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * Whom the agent logs in as.
     *
     * @param user the role's name
     * @param password its password; null: the local socket trusts the operating system's user (peer)
     */
    public record Superuser(String user, @Nullable String password) {
        @Override
        public String toString() {
            return user + (password == null ? "" : ":***");
        }
    }

    /**
     * Certificates, PEM. They serve clients, and the members among each other (mutual TLS).
     *
     * @param ca the cluster's certificate authority
     * @param cert this member's certificate
     * @param key its key, readable by its owner only
     */
    public record Tls(Path ca, Path cert, Path key) {}
}
