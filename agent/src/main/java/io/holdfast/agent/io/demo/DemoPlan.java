package io.holdfast.agent.io.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A demo cluster: where everything is.
 *
 * @param directory the demo's directory, absolute
 * @param password the password of the role {@code demo}
 * @param members its members
 */
record DemoPlan(Path directory, String password, List<Member> members) {
    /** The role that clients connect as. */
    static final String ROLE = "demo";

    private static final String HOST = "127.0.0.1";

    /**
     * A member of the demo.
     *
     * @param name its name
     * @param directory all that is its own
     * @param postgres PostgreSQL's address
     * @param health the address of its health checks
     * @param api the address of its API
     * @param peer its address in the consensus
     */
    record Member(String name, Path directory, String postgres, String health, String api, String peer) {
        Path config() {
            return directory.resolve("holdfast.yaml");
        }

        Path data() {
            return directory.resolve("data");
        }

        Path socket() {
            return directory.resolve("holdfast.sock");
        }

        Path log() {
            return directory.resolve("agent.log");
        }

        Path pidFile() {
            return directory.resolve("agent.pid");
        }

        Path postmasterPid() {
            return data().resolve("postmaster.pid");
        }
    }

    /** Takes an immutable copy. */
    DemoPlan {
        members = List.copyOf(members);
    }

    /** A new cluster of so many members, at ports from {@code base} on, ten for each member. */
    static DemoPlan of(Path directory, int nodes, int base, String password) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            String name = "db" + (i + 1);
            int port = base + 10 * i;
            members.add(new Member(name, directory.resolve(name), HOST + ":" + port, HOST + ":" + (port + 1),
                    HOST + ":" + (port + 2), HOST + ":" + (port + 3)));
        }
        return new DemoPlan(directory, password, members);
    }

    /** For libpq: all members, and the one that takes writes is looked for (its manual, "Specifying Multiple Hosts"). */
    String url() {
        return members.stream()
                .map(Member::postgres)
                .collect(Collectors.joining(",", "postgresql://" + ROLE + ":" + password + "@",
                        "/postgres?target_session_attrs=read-write&connect_timeout=2"));
    }

    Path json() {
        return directory.resolve("demo.json");
    }

    /** Seals the secrets of second factors: one for all members, and in no member's state. */
    Path sealKey() {
        return directory.resolve("seal.key");
    }
}
