package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.agent.MemoryAgent;
import io.holdfast.agent.RateLimit;
import io.holdfast.config.ListenConfig;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ClientTls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which connections the API takes; what is asked over them is the guard's business. */
final class RemoteApiTest {
    private static final RateLimit MUCH = new RateLimit(1000, 1000);

    private final ApiRoutes routes = new ApiRoutes(new MemoryAgent(), Map.of());
    @TempDir
    Path directory;

    /** The first line of an answer, over a version of TLS. */
    private static String ask(RemoteApi api, SSLContext context, String version) throws IOException {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", api.port())) {
            socket.setEnabledProtocols(new String[]{version});
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET /api/v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (answer.isEmpty()) {
                throw new IOException("hung up");
            }
            return answer.lines().findFirst().orElseThrow();
        }
    }

    @Test
    void olderTlsIsSpokenOnlyWhereItIsAllowed() throws Exception {
        try (Served served = new Served(); Https https = new Https(directory)) {
            TlsConfig tls = https.tls();
            SSLContext trusting = ClientTls.context(tls.ca(), null, null);
            RemoteApi strict = served.remote(Served.listen("1.3", ListenConfig.Clients.ANYBODY), tls, routes, MUCH);
            assertTrue(ask(strict, trusting, "TLSv1.3").contains("401"));
            assertThrows(IOException.class, () -> ask(strict, trusting, "TLSv1.2"));
            RemoteApi lax = served.remote(Served.listen("1.2", ListenConfig.Clients.ANYBODY), tls, routes, MUCH);
            assertTrue(ask(lax, trusting, "TLSv1.2").contains("401"));
            assertTrue(ask(lax, trusting, "TLSv1.3").contains("401"));
        }
    }

    @Test
    void whereCertificatesAreAskedForNobodyIsHeardWithoutOneOfTheAuthority() throws Exception {
        try (Served served = new Served(); Https https = new Https(directory)) {
            TlsConfig tls = https.tls();
            CertificateAuthority.issue(directory.resolve("ca"), "ada", List.of("127.0.0.1"), directory);
            Path others = directory.resolve("others");
            CertificateAuthority.init(others);
            CertificateAuthority.issue(others, "eve", List.of("127.0.0.1"), directory);
            RemoteApi api = served.remote(Served.listen("1.3", ListenConfig.Clients.CERTIFIED), tls, routes, MUCH);
            assertThrows(IOException.class, () -> ask(api, ClientTls.context(tls.ca(), null, null), "TLSv1.3"));
            assertThrows(IOException.class, () -> ask(api, ClientTls.context(tls.ca(), directory.resolve("eve.crt"),
                    directory.resolve("eve.key")), "TLSv1.3"));
            SSLContext ada = ClientTls.context(tls.ca(), directory.resolve("ada.crt"), directory.resolve("ada.key"));
            // It is heard, and has to log in all the same.
            assertTrue(ask(api, ada, "TLSv1.3").contains("401"));
        }
    }
}
