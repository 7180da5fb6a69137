package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ConfigLoader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An agent without PostgreSQL, alone in its cluster, for tests that start a whole agent in this process. */
final class LoneWitness {
    private LoneWitness() {}

    /** Its configuration, on ports that are free, with certificates in a directory, and more sections. */
    static HoldfastConfig config(Path directory, String more) throws IOException {
        List<Integer> free = free(3);
        CertificateAuthority.init(directory.resolve("ca"));
        CertificateAuthority.issue(directory.resolve("ca"), "w1", List.of("127.0.0.1"), directory);
        Path file = directory.resolve("holdfast.yaml");
        Files.writeString(file, """
                cluster: {name: witnesses}
                member: w1
                listen: {api: "127.0.0.1:%d", health: "127.0.0.1:%d", peer: "127.0.0.1:%d", socket: %s}
                peers: {w1: "127.0.0.1:%d"}
                state: %s
                tls: {ca: ca/ca.crt, cert: w1.crt, key: w1.key}
                %s""".formatted(free.get(0), free.get(1), free.get(2), directory.resolve("a.sock"), free.get(2),
                directory.resolve("state"), more));
        return ConfigLoader.load(file);
    }

    private static List<Integer> free(int count) throws IOException {
        List<ServerSocket> open = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[]{127, 0, 0, 1}));
            open.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : open) {
            socket.close();
        }
        return ports;
    }

    /** The status that its health port answers with. */
    static int health(HoldfastConfig config, String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create("http://" + config.listen().health() + path)).build(),
                    HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }
}
