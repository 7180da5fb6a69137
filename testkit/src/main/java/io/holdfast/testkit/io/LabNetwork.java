package io.holdfast.testkit.io;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What stands between the members of a lab: addresses, cables, and which processes are whose. */
public sealed interface LabNetwork extends AutoCloseable permits NamespaceNetwork, LoopbackNetwork {
    /** What a member listens for. */
    enum Service {
        /** PostgreSQL. */
        POSTGRES(5432, 0),
        /** HTTPS: API and console. */
        API(8009, 1),
        /** HTTP: health checks. */
        HEALTH(8008, 2),
        /** Consensus. */
        PEER(8010, 3),
        /** Redis. */
        REDIS(6379, 4),
        /** Redis Sentinel. */
        SENTINEL(26379, 5);

        private final int usual;
        private final int offset;

        Service(int usual, int offset) {
            this.usual = usual;
            this.offset = offset;
        }

        /** Its place in a member's ports, 0 to 9, where all members share an address. */
        int offset() {
            return offset;
        }

        /** The port where every member has an address of its own. */
        int usualPort() {
            return usual;
        }
    }

    /** The member's address, reachable from the test too, whatever happened to its cable. */
    String host(String member);

    /** The member's port for a service. */
    int port(String member, Service service);

    /** Both, as {@code host:port}. */
    default String endpoint(String member, Service service) {
        return host(member) + ":" + port(member, service);
    }

    /** Lines of pg_hba.conf that let the test's clients in. */
    List<String> clientAccess();

    /** What to put before a command so that it runs on the member's machine. */
    List<String> enter(String member);

    /** Which processes, by their directories in /proc, run on the member's machine. */
    Predicate<Path> processesOf(String member);

    /** Why cables cannot be pulled here; empty where they can. */
    Optional<String> noPartitions();

    /** Why links cannot be slowed here; empty where they can. */
    Optional<String> noDelays();

    /** Pulls the member's only cable: the link is down, nothing gets in or out. */
    void unplug(String member);

    /** Puts the cable back. */
    void plug(String member);

    /** Drops silently whatever one member sends to another; the other direction stays. */
    void cut(String from, String to);

    /** Ends {@link #cut}. */
    void join(String from, String to);

    /** Everything that the member sends comes later, or now and then not at all. */
    void slow(String member, long delayMillis, double lossPercent);

    /** Ends {@link #slow}. */
    void fast(String member);

    /** Removes it. */
    @Override
    void close();
}
