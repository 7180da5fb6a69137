package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import java.util.Locale;

/** What is done about a finding, always through Sentinel or as Sentinel would. */
public sealed interface RedisAction {
    /** Why, in words for the log, the API and people. */
    String why();

    /** Where the command goes. */
    HostPort at();

    /** Its name, such as {@code failover}. */
    default String word() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /** What it does, as a command line. */
    String command();

    /**
     * SENTINEL FAILOVER: the master is up for Sentinel, and broken for clients.
     *
     * @param at the Sentinel that is told
     * @param master under which name
     * @param why why
     */
    record Failover(HostPort at, String master, String why) implements RedisAction {
        @Override
        public String command() {
            return "SENTINEL FAILOVER " + master;
        }
    }

    /**
     * SENTINEL RESET: a Sentinel forgets what it lists, and finds again what is there.
     *
     * @param at the one Sentinel that is told
     * @param master under which name
     * @param why why
     */
    record Reset(HostPort at, String master, String why) implements RedisAction {
        @Override
        public String command() {
            return "SENTINEL RESET " + master;
        }
    }

    /**
     * REPLICAOF: a replica that Sentinel does not bring back follows the master again.
     *
     * @param at the replica
     * @param master the master that it is to follow
     * @param why why
     */
    record Refollow(HostPort at, HostPort master, String why) implements RedisAction {
        @Override
        public String command() {
            return "REPLICAOF " + master.host() + " " + master.port();
        }
    }
}
