package io.holdfast.statesync;

import java.time.Instant;

/**
 * That the cluster exists: written once, when its first primary has been made.
 *
 * @param name the cluster's name
 * @param systemId PostgreSQL's system identifier
 * @param createdAt when; for people
 */
public record ClusterRecord(String name, String systemId, Instant createdAt) {}
