package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ReloadingTls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** Asks an agent over HTTPS, as another machine does; the certificates are made for it. */
final class Https implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TlsConfig tls;
    private final HttpClient client;

    /** With an authority, and a certificate for 127.0.0.1, in a directory. */
    Https(Path directory) throws IOException, GeneralSecurityException {
        CertificateAuthority.init(directory.resolve("ca"));
        CertificateAuthority.issue(directory.resolve("ca"), "db1", List.of("127.0.0.1"), directory);
        tls = new TlsConfig(directory.resolve("ca/ca.crt"), directory.resolve("db1.crt"), directory.resolve("db1.key"));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null,
                new TrustManager[]{new ReloadingTls(tls.ca(), tls.cert(), tls.key()).trustManager()}, null);
        client = HttpClient.newBuilder().sslContext(context).connectTimeout(Duration.ofSeconds(10)).build();
    }

    /** For a server. */
    TlsConfig tls() {
        return tls;
    }

    /**
     * An answer.
     *
     * @param headers in lower case, the first value of each
     */
    record Answer(int status, JsonNode json, Map<String, String> headers) {
        String code() {
            return json.path("errors").path(0).path("code").asText();
        }
    }

    /** Asks with some headers; without a body it is a GET. */
    Answer ask(RemoteApi api, String method, String path, String body, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + api.port() + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body.isEmpty()
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("content-type", "application/json");
        }
        headers.forEach(request::header);
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        Map<String, String> first = new java.util.TreeMap<>();
        answer.headers().map().forEach((name, values) -> first.put(name, values.getFirst()));
        return new Answer(answer.statusCode(), JSON.readTree(answer.body()), first);
    }

    @Override
    public void close() {
        client.close();
    }
}
