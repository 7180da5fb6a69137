package io.holdfast.replication.redis.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.holdfast.config.Secret;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.testkit.io.Eventually;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How an agent speaks to a Redis that believes only certificates, and only a user of its own. */
class RedisLinkTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    @Test
    void speaksTlsWithItsOwnCertificateAndLogsIn() throws Exception {
        CertificateAuthority.init(directory.resolve("ca"));
        CertificateAuthority.init(directory.resolve("other"));
        for (String name : List.of("r1", "db1")) {
            CertificateAuthority.issue(directory.resolve("ca"), name, List.of("127.0.0.1"), directory);
        }
        int port = free();
        Process redis = new ProcessBuilder("redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port",
                Integer.toString(port), "--tls-cert-file", directory.resolve("r1.crt").toString(), "--tls-key-file",
                directory.resolve("r1.key").toString(), "--tls-ca-cert-file", directory.resolve("ca/ca.crt").toString(),
                "--tls-auth-clients", "yes", "--save", "", "--user", "default", "off", "--user", "holdfast", "on",
                ">s3cret", "~holdfast:probe", "+info", "+role")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("redis.log").toFile())
                .start();
        Vertx vertx = Vertx.vertx();
        HostPort address = new HostPort("127.0.0.1", port);
        RedisConfig.Login user = new RedisConfig.Login("holdfast", new Secret("s3cret"));
        RedisConfig.Tls good = new RedisConfig.Tls(directory.resolve("ca/ca.crt"), directory.resolve("db1.crt"),
                directory.resolve("db1.key"));
        try (RedisLink link = new RedisLink(vertx, address, user, good);
                RedisLink stranger = new RedisLink(vertx, address,
                        user, new RedisConfig.Tls(directory.resolve("other/ca.crt"), good.cert(), good.key()));
                RedisLink mistaken = new RedisLink(vertx, address,
                        new RedisConfig.Login("holdfast", new Secret("wrong")), good)) {
            Eventually.within(SOON, "it answers",
                    () -> link.ask(Duration.ofSeconds(2), RedisLink.command("ROLE")).getFirst() instanceof Reply.Done);
            List<Reply> replies = link.ask(SOON, RedisLink.command("INFO"), RedisLink.command("FLUSHALL"));
            assertTrue(new InfoText(replies.get(0).text()).text("role").equals("master"));
            assertEquals("NOPERM", assertInstanceOf(Reply.Refused.class, replies.get(1)).word());
            assertThrows(RedisLink.Silent.class, () -> stranger.ask(Duration.ofSeconds(2), RedisLink.command("ROLE")));
            assertThrows(RedisLink.Silent.class, () -> mistaken.ask(Duration.ofSeconds(2), RedisLink.command("ROLE")));
        } finally {
            redis.destroyForcibly().waitFor();
            vertx.close().await();
        }
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[]{127, 0, 0, 1}))) {
            return socket.getLocalPort();
        }
    }
}
