package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The HAProxy of the documentation before a lab's cluster. Its reports name members by address and port.
 *
 * @param primary its port for the primary
 * @param replicas its port for the standbys
 * @param process the running program
 */
record Proxy(Target primary, Target replicas, Process process) implements AutoCloseable {
    private static final Path HAPROXY = Path.of("/usr/sbin/haproxy");
    private static final String EXAMPLE = "docs/examples/haproxy.cfg";
    private static final Pattern SERVER = Pattern.compile("server (\\w+) \\S+ check port \\d+");

    static boolean isInstalled() {
        return Files.isExecutable(HAPROXY);
    }

    /**
     * Starts it.
     *
     * @param directory for its configuration and its log
     */
    static Proxy start(Lab lab, Path directory) throws IOException {
        Target primary = new Target("", "127.0.0.1", freePort());
        Target replicas = new Target("", "127.0.0.1", freePort());
        // Maven's tests run in their module's directory, programs where make does.
        Path example = Files.exists(Path.of(EXAMPLE)) ? Path.of(EXAMPLE) : Path.of("..").resolve(EXAMPLE);
        Path file = Files.writeString(directory.resolve("haproxy.cfg"),
                configuration(lab, Files.readString(example)).replace("bind *:5000", "bind 127.0.0.1:" + primary.port())
                        .replace("bind *:5001", "bind 127.0.0.1:" + replicas.port()));
        Process process = new ProcessBuilder(HAPROXY.toString(), "-db", "-f", file.toString()).redirectErrorStream(true)
                .redirectOutput(directory.resolve("haproxy.log").toFile())
                .start();
        Proxy proxy = new Proxy(primary, replicas, process);
        // A program that is ended from outside must not leave it behind.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly, "haproxy-end"));
        return proxy;
    }

    /** The example with the lab's addresses; nothing else of it is changed. */
    private static String configuration(Lab lab, String example) {
        return SERVER.matcher(example).replaceAll(server -> {
            LabMember member = lab.member(server.group(1));
            return "server " + member + " " + member.target().host() + ":" + member.target().port() + " check port "
                    + URI.create(member.healthUrl()).getPort();
        });
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
