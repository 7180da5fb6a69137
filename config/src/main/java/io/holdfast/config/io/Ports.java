package io.holdfast.config.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether an address can be listened on, and who does if not. */
public final class Ports {
    private static final String LISTENING = "0A";

    private Ports() {}

    /** What is wrong with the addresses that the agent itself listens on; to be asked before it does. */
    public static List<Problem> ofAgent(HoldfastConfig config) {
        List<Problem> problems = new ArrayList<>();
        check("listen.health", config.listen().health()).ifPresent(problems::add);
        check("listen.peer", config.listen().peer()).ifPresent(problems::add);
        if (config.tls() != null) {
            check("listen.api", config.listen().api()).ifPresent(problems::add);
        }
        return problems;
    }

    /**
     * What is wrong with an address, or empty when it can be listened on.
     *
     * @param key the configuration's key
     */
    public static Optional<Problem> check(String key, HostPort address) {
        InetAddress host;
        try {
            host = InetAddress.getByName(address.host());
        } catch (UnknownHostException e) {
            return Optional.of(new Problem("HF-0053", key + ": the name " + address.host() + " is not known here",
                    "write an IP address, or let DNS or /etc/hosts know the name."));
        }
        try (ServerSocket socket = new ServerSocket()) {
            // Connections of an earlier process that still wait out their end are no hindrance.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, address.port()));
            return Optional.empty();
        } catch (BindException e) {
            boolean elsewhere = String.valueOf(e.getMessage()).contains("assign requested address");
            return Optional.of(elsewhere
                    ? new Problem("HF-0051", key + ": " + address.host() + " is not an address of this host",
                            "write an address that 'ip address' shows, or 0.0.0.0 for all.")
                    : taken(key, address));
        } catch (IOException e) {
            return Optional
                    .of(new Problem("HF-0054", key + ": " + address + " cannot be listened on (" + e.getMessage() + ")",
                            "ports below 1024 need a privilege; choose a higher one."));
        }
    }

    private static Problem taken(String key, HostPort address) {
        String holder = holder(address.port()).map(name -> "by " + name).orElse("by another process");
        return new Problem("HF-0050",
                key + ": port " + address.port() + " of " + address.host() + " is taken " + holder,
                "stop that process, or choose another port; is an agent running here already?");
    }

    /** The process that listens on a port, as {@code process 123 (name)}; empty when the kernel does not let us see it. */
    private static Optional<String> holder(int port) {
        Set<String> sockets = new HashSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            lines(table).stream()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(fields -> fields.length > 9 && fields[3].equals(LISTENING)
                            && fields[1].endsWith(String.format(":%04X", port)))
                    .forEach(fields -> sockets.add("socket:[" + fields[9] + "]"));
        }
        if (sockets.isEmpty()) {
            return Optional.empty();
        }
        return ProcessHandle.allProcesses()
                .filter(process -> holds(process.pid(), sockets))
                .findFirst()
                .map(process -> "process " + process.pid() + " (" + name(process.pid()) + ")");
    }

    private static List<String> lines(String table) {
        try {
            return Files.readAllLines(Path.of(table));
        } catch (IOException e) {
            // Without this table nobody is found in it.
            return List.of();
        }
    }

    private static boolean holds(long pid, Set<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(target(descriptor))) {
                    return true;
                }
            }
        } catch (IOException e) {
            // Another user's process, or one that has just ended.
            return false;
        }
        return false;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            // Closed since the listing.
            return "";
        }
    }

    private static String name(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (IOException e) {
            // It has just ended.
            return "?";
        }
    }
}
