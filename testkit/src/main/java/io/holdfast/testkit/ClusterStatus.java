package io.holdfast.testkit;

import java.util.List;
import java.util.Optional;

/**
 * What {@code holdfast status --json} says.
 *
 * @param cluster the cluster's name
 * @param epoch of the leadership, 0 while there never was one
 * @param timeline PostgreSQL's
 * @param paused whether an operator has paused it
 * @param durability {@code quorum} or {@code async}
 * @param quorum whether the store has its majority
 * @param syncSet the standbys that count for commits and takeovers, as recorded
 * @param members in the order of the listing
 */
public record ClusterStatus(String cluster, long epoch, int timeline, boolean paused, String durability, boolean quorum,
        List<String> syncSet, List<Member> members) {

    /**
     * A row of it.
     *
     * @param name the member's
     * @param role {@code primary}, {@code standby}, {@code witness} or {@code down}
     * @param state {@code running}, {@code streaming}, {@code catching-up} …
     * @param timeline 0 where not known
     * @param lsn empty where not known
     * @param lagBytes behind the primary, -1 where not known
     * @param lagSeconds behind the primary, -1 where not known
     * @param why in words
     */
    public record Member(String name, String role, String state, int timeline, String lsn, long lagBytes,
            double lagSeconds, String why) {}

    /** Takes an immutable copy. */
    public ClusterStatus {
        syncSet = List.copyOf(syncSet);
        members = List.copyOf(members);
    }

    /** A member by its name. */
    public Optional<Member> member(String name) {
        return members.stream().filter(m -> m.name().equals(name)).findFirst();
    }

    /** Whether there is one running primary and everybody else streams from it, or is a witness at work. */
    public boolean healthy(int size) {
        return members.size() == size
                && members.stream().filter(m -> m.role().equals("primary") && m.state().equals("running")).count() == 1
                && members.stream().filter(m -> !m.role().equals("primary")).allMatch(m -> switch (m.role()) {
                    case "standby" -> m.state().equals("streaming");
                    case "witness" -> m.state().equals("running");
                    default -> false;
                });
    }
}
