package io.holdfast.agent.io.demo;

import io.holdfast.config.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Free ports, below those that the kernel gives to outgoing connections, so that they are still free at a restart. */
final class DemoPorts {
    private static final int FIRST = 27_000;
    private static final int LAST = 31_900;
    private static final int BLOCK = 100;

    private DemoPorts() {}

    /** The first port of a block of which all ports that so many members need are free. */
    static int base(int nodes) {
        for (int base = FIRST; base <= LAST; base += BLOCK) {
            if (free(base, nodes)) {
                return base;
            }
        }
        throw new Problem("HF-5024",
                "there are no free ports for " + nodes + " members between " + FIRST + " and " + LAST,
                "'ss -ltn' shows who listens there; older demos, perhaps.").toException();
    }

    private static boolean free(int base, int nodes) {
        for (int node = 0; node < nodes; node++) {
            for (int service = 0; service < 4; service++) {
                try (ServerSocket probe = new ServerSocket()) {
                    probe.setReuseAddress(true);
                    probe.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}),
                            base + 10 * node + service));
                } catch (IOException e) {
                    return false;
                }
            }
        }
        return true;
    }
}
