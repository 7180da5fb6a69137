package io.holdfast.agent;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A member's new role, as a callback is told of it.
 *
 * @param role what it has become: primary, standby or down
 * @param cluster the cluster's name
 * @param member who
 * @param epoch the leadership's number at that time, 0 before the first
 */
public record RoleChange(Role role, String cluster, MemberName member, Epoch epoch) {

    /**
     * The role that a reading shows to clients; nothing when it does not tell: a PostgreSQL that does not answer may be about
     * to, and one that takes writes without the lease is about to be stopped. The last known role then stays.
     */
    public static Optional<Role> role(LocalPostgres postgres, boolean holdsLease) {
        return switch (postgres) {
            case LocalPostgres.Primary p -> holdsLease ? Optional.of(Role.PRIMARY) : Optional.empty();
            case LocalPostgres.Standby s -> Optional.of(Role.STANDBY);
            case LocalPostgres.Stopped s -> Optional.of(Role.DOWN);
            case LocalPostgres.Absent a -> Optional.of(Role.DOWN);
            case LocalPostgres.Broken b -> Optional.of(Role.DOWN);
            case LocalPostgres.Silent s -> Optional.empty();
            case LocalPostgres.Foreign f -> Optional.empty();
        };
    }

    /** What follows the configured arguments: role, cluster, member, epoch. */
    public List<String> arguments() {
        return List.of(word(), cluster, member.value(), epoch.toString());
    }

    /** The same for a program that likes its environment better. */
    public Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("HOLDFAST_ROLE", word());
        environment.put("HOLDFAST_CLUSTER", cluster);
        environment.put("HOLDFAST_MEMBER", member.value());
        environment.put("HOLDFAST_EPOCH", epoch.toString());
        return environment;
    }

    private String word() {
        return role.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return member + " is " + word() + " in epoch " + epoch;
    }
}
