package io.holdfast.statesync;

import java.util.Map;

/**
 * What a member tells about itself once.
 *
 * @param name its name
 * @param agentId a random id of its state directory: another one under the same name is a second agent, and is refused
 * @param postgres PostgreSQL's address {@code host:port}; empty for a witness
 * @param agent the agent's API address {@code host:port}
 * @param health the agent's health address {@code host:port}
 * @param tags the tags of its configuration
 */
public record MemberRecord(MemberName name, String agentId, String postgres, String agent, String health,
        Map<String, String> tags) {

    /** True for an agent without PostgreSQL. */
    public boolean isWitness() {
        return postgres.isEmpty();
    }
}
