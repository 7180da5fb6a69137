package io.holdfast.config;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code alerts}: whom this agent tells. It stands in the node's file, since it holds secrets, and since not every node
 * can reach every receiver. Receivers of one name on several nodes are one and the same.
 *
 * @param runbooks where the pages of docs/runbooks are served; empty: they are named only
 * @param receivers by name
 */
public record AlertsConfig(String runbooks, Map<String, Receiver> receivers) {
    /** Nobody is told. */
    public static final AlertsConfig NONE = new AlertsConfig("", Map.of());

    /** Takes an immutable copy. */
    public AlertsConfig {
        receivers = Collections.unmodifiableMap(new TreeMap<>(receivers));
    }

    /**
     * Whom to tell.
     *
     * @param kind how it wants to be told
     * @param url its address, http or https
     * @param token it gets as a bearer token; null: none
     * @param signingKey what is sent is signed with it; null: with nothing
     * @param ca the authority of its certificate, PEM; null: those that Java trusts
     */
    public record Receiver(Kind kind, String url, @Nullable Secret token, @Nullable Secret signingKey,
            @Nullable Path ca) {}

    /** How a receiver wants to be told. */
    public enum Kind {
        /** One POST with JSON of Holdfast's own when an alert fires, and one when it is over. */
        WEBHOOK,
        /** The API of Prometheus' Alertmanager, which wants to hear of what fires again and again. */
        ALERTMANAGER
    }
}
