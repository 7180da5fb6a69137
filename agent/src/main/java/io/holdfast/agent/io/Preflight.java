package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import io.holdfast.config.io.PostgresBinaries;
import io.holdfast.config.io.RemovedMark;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** What would stop an agent only after it has begun, found before: all of it at once. */
final class Preflight {
    private Preflight() {}

    /** The problems; none is the rule. */
    static List<Problem> problems(HoldfastConfig config) {
        List<Problem> problems = new ArrayList<>(PostgresBinaries.problems(config));
        RemovedMark.problem(config.state()).ifPresent(problems::add);
        port("health", config.listen().health(), problems);
        port("peer", config.listen().peer(), problems);
        if (config.tls() != null) {
            port("api", config.listen().api(), problems);
        }
        return problems;
    }

    private static void port(String what, HostPort at, List<Problem> problems) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(at.host(), at.port()));
        } catch (IOException e) {
            problems.add(new Problem("HF-5004",
                    "listen." + what + " " + at + " cannot be listened on: " + e.getMessage(),
                    "'ss -ltnp' shows who listens there; another agent, perhaps. The address must be one of this host."));
        }
    }

}
