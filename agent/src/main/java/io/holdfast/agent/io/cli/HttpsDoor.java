package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.cli.AgentClient.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The API of an agent on another machine, over TLS. */
final class HttpsDoor implements AgentClient.Door {
    private final URI api;
    private final HttpClient client;

    /**
     * To an address.
     *
     * @param api such as {@code https://10.0.0.1:8009}
     * @param authority a file with the authority that is trusted; null: those that Java trusts
     */
    HttpsDoor(String api, @Nullable Path authority) {
        try {
            this.api = URI.create(api.endsWith("/") ? api.substring(0, api.length() - 1) : api);
        } catch (IllegalArgumentException e) {
            throw wrong(api);
        }
        if (!"https".equals(this.api.getScheme()) || this.api.getHost() == null || this.api.getUserInfo() != null) {
            throw wrong(api);
        }
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER);
        if (authority != null) {
            builder.sslContext(trusting(authority));
        }
        this.client = builder.build();
    }

    private static Failure wrong(String api) {
        return new Failure(ExitCode.USAGE, "HF-5157", "'" + api + "' is no address of an API",
                "Write it as https://10.0.0.1:8009.");
    }

    private static SSLContext trusting(Path file) {
        try (InputStream pem = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int number = 0;
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("authority" + number++, one);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new Failure(ExitCode.USAGE, "HF-5158",
                    "the authority in " + file + " cannot be read: " + e.getMessage(),
                    "Name the file ca.crt of the cluster.");
        }
    }

    @Override
    public String where() {
        return api.toString();
    }

    @Override
    public Answer exchange(String method, String path, Map<String, String> headers, String body, Duration patience)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + path))
                .timeout(patience)
                .method(method, body.isEmpty()
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        try {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            Map<String, String> found = new TreeMap<>();
            answer.headers().map().forEach((name, values) -> found.put(name, values.getFirst()));
            return new Answer(answer.statusCode(), found, answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
