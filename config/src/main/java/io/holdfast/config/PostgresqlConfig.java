package io.holdfast.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code postgresql}.
 *
 * @param data the data directory
 * @param bin directory of the PostgreSQL binaries
 * @param address what members and clients connect to
 * @param hba lines of {@code pg_hba.conf}, added after Holdfast's own
 * @param superuser as whom the agent connects; without a password: peer authentication over the local socket
 * @param replication as whom standbys connect; without a password: by client certificate
 * @param tags what is particular about this member
 * @param callbacks what is run when something has happened
 */
public record PostgresqlConfig(Path data, Path bin, HostPort address, List<String> hba, Account superuser,
        Account replication, Tags tags, Callbacks callbacks) {

    /** Takes an immutable copy. */
    public PostgresqlConfig {
        hba = List.copyOf(hba);
    }

    /**
     * A role of PostgreSQL.
     *
     * @param user its name
     * @param password its password; null: none is used
     */
    public record Account(String user, @Nullable Secret password) {}

    /**
     * Programs that are run when something has happened.
     *
     * @param onRoleChange the program, absolute, and its first arguments; empty: nothing is run
     * @param timeout after this time a program is ended, 1 s to 1 h
     */
    public record Callbacks(List<String> onRoleChange, Duration timeout) {
        /** Takes an immutable copy. */
        public Callbacks {
            onRoleChange = List.copyOf(onRoleChange);
        }
    }

    /**
     * What is particular about a member.
     *
     * @param failoverPriority between members that hold the same WAL the greater one wins, 0 to 1000; 0: never primary
     * @param zone where it stands; empty: not said
     * @param nosync true: never in the sync set
     * @param noloadbalance true: the health endpoint {@code /replica} answers 503
     */
    public record Tags(int failoverPriority, String zone, boolean nosync, boolean noloadbalance) {
        /** The tags by the names that they have in the file. */
        public Map<String, String> asMap() {
            return Map.of("failover-priority", Integer.toString(failoverPriority), "zone", zone, "nosync",
                    Boolean.toString(nosync), "noloadbalance", Boolean.toString(noloadbalance));
        }
    }
}
