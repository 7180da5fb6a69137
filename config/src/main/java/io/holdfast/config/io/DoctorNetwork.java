package io.holdfast.config.io;

import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at ports and peers. */
final class DoctorNetwork {
    private static final int CONNECT_MILLIS = 2_000;

    private final HoldfastConfig config;

    DoctorNetwork(HoldfastConfig config) {
        this.config = config;
    }

    /** Ports that an agent or PostgreSQL of this very configuration holds are as they should be. */
    List<Finding> ports() throws IOException {
        List<Finding> findings = new ArrayList<>();
        if (agentRuns()) {
            findings.add(Finding.info("HF-0055", "an agent answers on " + config.listen().socket(),
                    "its ports were not checked, for it holds them itself."));
        } else {
            Ports.ofAgent(config).forEach(problem -> findings.add(new Finding(Finding.Severity.ERROR, problem)));
            // The API does not listen in this release: a taken port does no harm yet.
            Ports.check("listen.api", config.listen().api())
                    .ifPresent(problem -> findings.add(new Finding(Finding.Severity.WARNING, problem)));
        }
        if (!config.isWitness() && !postgresRuns()) {
            Ports.check("postgresql.address", config.postgresqlOrThrow().address())
                    .ifPresent(problem -> findings.add(new Finding(Finding.Severity.ERROR, problem)));
        }
        HostPort own = config.peers().get(config.member());
        HostPort peer = config.listen().peer();
        if (own != null && !own.equals(peer) && !(peer.isWildcard() && own.port() == peer.port())) {
            findings.add(Finding.warning("HF-0056",
                    "the peers connect to " + own + ", and the agent listens on " + peer,
                    "let peers." + config.member()
                            + " and listen.peer be the same, unless addresses are translated between them."));
        }
        return findings;
    }

    private boolean agentRuns() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(config.listen().socket()))) {
            return channel.isConnected();
        } catch (IOException e) {
            // Nobody answers there.
            return false;
        }
    }

    /** The first line of {@code postmaster.pid} is the postmaster's process. */
    private boolean postgresRuns() throws IOException {
        Path pidFile = config.postgresqlOrThrow().data().resolve("postmaster.pid");
        if (!Files.isReadable(pidFile)) {
            return false;
        }
        String pid = Files.readString(pidFile).lines().findFirst().orElse("").strip();
        return pid.matches("[0-9]{1,9}")
                && ProcessHandle.of(Long.parseLong(pid)).map(ProcessHandle::isAlive).orElse(false);
    }

    List<Finding> peers() {
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<String, HostPort> peer : config.peers().entrySet()) {
            if (!peer.getKey().equals(config.member())) {
                unreachable(peer.getValue()).ifPresent(why -> findings.add(new Finding(Finding.Severity.INFO,
                        new Problem("HF-0052", "the peer " + peer.getKey() + " does not answer at " + peer.getValue()
                                + " (" + why + ")",
                                "it may not run yet; if it does, look at firewalls and at its listen.peer."))));
            }
        }
        return findings;
    }

    private static Optional<String> unreachable(HostPort address) {
        try (Socket socket = new Socket()) {
            InetSocketAddress target = new InetSocketAddress(address.host(), address.port());
            if (target.isUnresolved()) {
                return Optional.of("the name is not known here");
            }
            socket.connect(target, CONNECT_MILLIS);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
