package io.holdfast.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The section {@code listen}.
 *
 * @param api HTTPS: API and console
 * @param health plain HTTP: checks for load balancers, and {@code /metrics}
 * @param peer consensus between the agents
 * @param socket the Unix socket of the command line
 * @param socketUsers the operating system's users that the socket trusts; empty: root and the owner of the data directory
 * @param apiTls the oldest TLS that the API speaks, {@code 1.2} or {@code 1.3}
 * @param apiClients who may connect to the API
 */
public record ListenConfig(HostPort api, HostPort health, HostPort peer, Path socket, List<String> socketUsers,
        String apiTls, Clients apiClients) {
    /** Who may connect to the API, to log in there. */
    public enum Clients {
        /** Everybody. */
        ANYBODY,
        /** Who shows a certificate of the cluster's authority. */
        CERTIFIED
    }

    /** Takes an immutable copy. */
    public ListenConfig {
        socketUsers = List.copyOf(socketUsers);
    }
}
