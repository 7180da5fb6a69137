package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.replication.io.ReplicationDriver;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A short life of an agent, for the JVM to learn from while it makes its AOT cache: two witnesses in this process find each other
 * over TLS, keep a state, and answer; what only a database node needs is loaded, though there is no PostgreSQL here; and metrics are
 * sent to where nobody wants them.
 */
public final class Training {
    private static final Logger LOG = LoggerFactory.getLogger(Training.class);
    private static final Duration LIFE = Duration.ofSeconds(6);
    private static final Duration BETWEEN = Duration.ofMillis(200);
    /** Each stands for the jar that it is in. */
    private static final List<Class<?>> ONLY_WITH_A_DATABASE = List.of(ReplicationDriver.class, PgConnection.class,
            Row.class);

    private Training() {}

    /**
     * Lives through it.
     *
     * @param room an empty directory but for {@code ca}, with the authority in it, and {@code a} and {@code b}, with the
     *     certificates {@code a.crt} and {@code b.crt} for 127.0.0.1; the socket of the first will be {@code a/holdfast.sock}
     */
    public static void run(Path room) throws IOException, InterruptedException {
        AgentLog.agent(AgentLog.Format.TEXT);
        List<Integer> ports = freePorts(6);
        String peers = "peers: {a: \"127.0.0.1:%d\", b: \"127.0.0.1:%d\"}".formatted(ports.get(0), ports.get(1));
        try (Wiring a = wiring(room, "a", peers, ports.get(0), ports.get(2), ports.get(4));
                Wiring b = wiring(room, "b", peers, ports.get(1), ports.get(3), ports.get(5))) {
            a.start();
            b.start();
            loadWhatADatabaseNeeds();
            URI health = URI.create("http://127.0.0.1:" + ports.get(2) + "/health");
            long end = System.nanoTime() + LIFE.toNanos();
            while (System.nanoTime() < end) {
                ask(health);
                a.view().state();
                Thread.sleep(BETWEEN);
            }
        }
    }

    private static Wiring wiring(Path room, String name, String peers, int peer, int health, int api)
            throws IOException {
        Path own = room.resolve(name);
        Path file = Files.writeString(own.resolve("holdfast.yaml"), """
                cluster: {name: training}
                member: %s
                listen: {api: "127.0.0.1:%d", health: "127.0.0.1:%d", peer: "127.0.0.1:%d", socket: %s/holdfast.sock}
                %s
                state: %s/state
                tls: {ca: %s/ca/ca.crt, cert: %s/%s.crt, key: %s/%s.key}
                """.formatted(name, api, health, peer, own, peers, own, room, own, name, own, name));
        HoldfastConfig config = ConfigLoader.load(file);
        return new Wiring(config, AgentId.of(config.state()), Replications::make, Training::noWorker);
    }

    private static Process noWorker() throws IOException {
        throw new IOException("there are no backups in training");
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<Integer> ports = new ArrayList<>();
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            held.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        return ports;
    }

    private static void ask(URI health) {
        try {
            HttpURLConnection connection = (HttpURLConnection) health.toURL().openConnection();
            try (InputStream answer = connection.getInputStream()) {
                LOG.debug("{} answered {} bytes", health, answer.readAllBytes().length);
            }
        } catch (IOException e) {
            LOG.debug("{} is not well yet", health, e);
        }
    }

    /** What is loaded while the cache is made is in it. */
    private static void loadWhatADatabaseNeeds() throws IOException {
        for (Class<?> one : ONLY_WITH_A_DATABASE) {
            try (JarFile jar = new JarFile(
                    Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI()).toFile())) {
                jar.stream()
                        .map(entry -> entry.getName())
                        .filter(name -> name.endsWith(".class") && !name.contains("-info") && !name.startsWith("META"))
                        .forEach(name -> load(name.substring(0, name.length() - 6).replace('/', '.')));
            } catch (URISyntaxException e) {
                throw new IOException(e);
            }
        }
    }

    private static void load(String name) {
        try {
            Class.forName(name, false, Training.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            LOG.debug("{} needs what is not here", name, e);
        }
    }
}
