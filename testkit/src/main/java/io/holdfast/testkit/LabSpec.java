package io.holdfast.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A cluster that a test wants.
 *
 * @param members their names, 1 to 9, eight letters at most, witnesses too
 * @param witnesses those of them that have no PostgreSQL
 * @param settings {@code cluster.settings} by key, in the words of the configuration file; {@code parameters} apart
 * @param parameters PostgreSQL's own
 * @param network what stands between the members
 * @param diskBytes size of each data directory's own file system; 0: none of its own
 * @param bin where PostgreSQL's programs are; empty: the system's
 * @param tablespaces whether there is a path that is every member's own directory, as on hosts of their own; needs root
 * @param brittle whether a data directory's file system is on a disk that can break and hang, where the machine has loop devices; else
 *     in memory
 * @param brittleState whether the agent's state lies on a disk of its own that can hang, where the machine has loop devices
 * @param backups whether there is a repository, shared by all, with keys for it
 * @param redis whether the first three members have a Redis and a Sentinel each, to which events are handed on too
 */
public record LabSpec(List<String> members, Set<String> witnesses, Map<String, String> settings,
        Map<String, String> parameters, Wires network, long diskBytes, String bin, boolean tablespaces,
        boolean brittle, boolean brittleState, boolean backups, boolean redis) {

    /** What stands between the members. */
    public enum Wires {
        /** Namespaces where the machine allows them, else loopback. */
        BEST,
        /** A network namespace for each member, or the test is skipped. */
        NAMESPACES,
        /** Ports on 127.0.0.1. */
        LOOPBACK
    }

    /** Takes immutable copies. */
    public LabSpec {
        members = List.copyOf(members);
        witnesses = Set.copyOf(witnesses);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        if (members.isEmpty() || members.size() > 9
                || members.stream().anyMatch(m -> !m.matches("[a-z][a-z0-9]{0,7}"))) {
            throw new IllegalArgumentException("members " + members + " must be 1 to 9 names of at most eight letters");
        }
    }

    /** {@code db1} … {@code dbN}, durability quorum, a lease of 5 s. */
    public static LabSpec members(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            names.add("db" + i);
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("shared_buffers", "32MB");
        parameters.put("max_connections", "100");
        return new LabSpec(names, Set.of(), Map.of("durability", "quorum", "lease", "5s"), parameters, Wires.BEST, 0,
                "", false, false, false, false, false);
    }

    /** The same with one setting more, or another value for it. */
    public LabSpec with(String setting, String value) {
        Map<String, String> more = new LinkedHashMap<>(settings);
        more.put(setting, value);
        return new LabSpec(members, witnesses, more, parameters, network, diskBytes, bin, tablespaces, brittle,
                brittleState, backups, redis);
    }

    /** The same with a parameter of PostgreSQL more, or another value for it. */
    public LabSpec parameter(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return new LabSpec(members, witnesses, settings, more, network, diskBytes, bin, tablespaces, brittle,
                brittleState, backups, redis);
    }

    /** The same with an agent more that has no PostgreSQL. */
    public LabSpec witness(String name) {
        List<String> more = new ArrayList<>(members);
        more.add(name);
        Set<String> without = new TreeSet<>(witnesses);
        without.add(name);
        return new LabSpec(more, without, settings, parameters, network, diskBytes, bin, tablespaces, brittle,
                brittleState, backups, redis);
    }

    /** The same on another network. */
    public LabSpec on(Wires wires) {
        return new LabSpec(members, witnesses, settings, parameters, wires, diskBytes, bin, tablespaces, brittle,
                brittleState, backups, redis);
    }

    /** The same with two disks for every member, the data directory's and a spare: they can be filled, broken and hung. */
    public LabSpec brittleDisk(long bytes) {
        return new LabSpec(members, witnesses, settings, parameters, network, bytes, bin, tablespaces, true,
                brittleState, backups, redis);
    }

    /** The same with a file system of its own, in memory, for every data directory. */
    public LabSpec disk(long bytes) {
        return new LabSpec(members, witnesses, settings, parameters, network, bytes, bin, tablespaces, false,
                brittleState, backups, redis);
    }

    /** The same with a disk of its own for every agent's state, the consensus among it: one that can hang. */
    public LabSpec withBrittleState() {
        return new LabSpec(members, witnesses, settings, parameters, network, diskBytes, bin, tablespaces, brittle,
                true, backups, redis);
    }

    /** The same with other programs of PostgreSQL than the system's. */
    public LabSpec programs(String directory) {
        return new LabSpec(members, witnesses, settings, parameters, network, diskBytes, directory, tablespaces,
                brittle, brittleState, backups, redis);
    }

    /** The same with a path for tablespaces that is a directory of each member's own. */
    public LabSpec withTablespaces() {
        return new LabSpec(members, witnesses, settings, parameters, network, diskBytes, bin, true, brittle,
                brittleState, backups, redis);
    }

    /** The same with a repository for backups and WAL that all members share, and a key of its own for the operator. */
    public LabSpec withBackups() {
        return new LabSpec(members, witnesses, settings, parameters, network, diskBytes, bin, tablespaces, brittle,
                brittleState, true, redis);
    }

    /** The same with a Redis and a Sentinel on each of the first three members, which the agents watch and may act upon. */
    public LabSpec withRedis() {
        return new LabSpec(members, witnesses, settings, parameters, network, diskBytes, bin, tablespaces, brittle,
                brittleState, backups, true);
    }
}
