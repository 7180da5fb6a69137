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
 * @param format what its store can carry out, {@link StoreMachine#FORMAT}; 0 of a release that does not say
 */
public record MemberRecord(MemberName name, String agentId, String postgres, String agent, String health,
        Map<String, String> tags, int format) {
    /** The {@code failover-priority} where none is written. */
    public static final int USUAL_PRIORITY = 100;

    /** Of a member that runs this release. */
    public MemberRecord(MemberName name, String agentId, String postgres, String agent, String health,
            Map<String, String> tags) {
        this(name, agentId, postgres, agent, health, tags, StoreMachine.FORMAT);
    }

    /** True for an agent without PostgreSQL. */
    public boolean isWitness() {
        return postgres.isEmpty();
    }

    /** Its {@code failover-priority}: of equal members the greater one becomes primary; 0: never. */
    public int failoverPriority() {
        return Integer.parseInt(tags.getOrDefault("failover-priority", Integer.toString(USUAL_PRIORITY)));
    }

    /** True when commits never wait for it. */
    public boolean isNosync() {
        return Boolean.parseBoolean(tags.getOrDefault("nosync", "false"));
    }

    /** Where it stands; empty when nobody says. */
    public String zone() {
        return tags.getOrDefault("zone", "");
    }
}
