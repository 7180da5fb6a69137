package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What would stop an agent only after it has begun, found before: all of it at once. */
final class Preflight {
    /** The kernel's {@code sun_path} has 108 bytes with its closing zero (unix(7)). */
    private static final int LONGEST_SOCKET = 107;

    private Preflight() {
    }

    /** The problems; none is the rule. */
    static List<Problem> problems(HoldfastConfig config) {
        List<Problem> problems = new ArrayList<>();
        port("health", config.listen().health(), problems);
        port("peer", config.listen().peer(), problems);
        socket(config.listen().socket(), problems);
        return problems;
    }

    private static void port(String what, HostPort at, List<Problem> problems) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(at.host(), at.port()));
        } catch (IOException e) {
            problems.add(new Problem("HF-5004", "listen." + what + " " + at + " cannot be listened on: " + e.getMessage(),
                    "'ss -ltnp' shows who listens there; another agent, perhaps. The address must be one of this host."));
        }
    }

    private static void socket(Path socket, List<Problem> problems) {
        int length = socket.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (length > LONGEST_SOCKET) {
            problems.add(new Problem("HF-5015", "listen.socket " + socket + " is " + length + " bytes long, and " + LONGEST_SOCKET
                    + " is the kernel's limit", "Choose a shorter path."));
        }
    }
}
