package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.ReloadingTls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;

/** Asks an agent over HTTPS, as another machine does; the certificates are made for it. */
final class Https implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TlsConfig tls;
    private final HttpClient client;
    private final SSLContext context;

    /** With an authority, and a certificate for 127.0.0.1, in a directory. */
    Https(Path directory) throws IOException, GeneralSecurityException {
        CertificateAuthority.init(directory.resolve("ca"));
        CertificateAuthority.issue(directory.resolve("ca"), "db1", List.of("127.0.0.1"), directory);
        tls = new TlsConfig(directory.resolve("ca/ca.crt"), directory.resolve("db1.crt"), directory.resolve("db1.key"));
        context = SSLContext.getInstance("TLS");
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
        return ask(api, method, path, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    /** The same with bytes. */
    Answer ask(RemoteApi api, String method, String path, byte[] body, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + api.port() + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body.length == 0
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofByteArray(body));
        if (body.length > 0 && !headers.containsKey("content-type")) {
            request.header("content-type", "application/json");
        }
        headers.forEach(request::header);
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        Map<String, String> first = new java.util.TreeMap<>();
        answer.headers().map().forEach((name, values) -> first.put(name, values.getFirst()));
        return new Answer(answer.statusCode(), JSON.readTree(answer.body()), first);
    }

    /** Sends bytes as they are, and reads until the other side closes; what was written when it did so is lost. */
    String raw(RemoteApi api, byte[] request) throws IOException {
        try (Socket socket = context.getSocketFactory().createSocket("127.0.0.1", api.port())) {
            socket.setSoTimeout(20_000);
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    socket.getOutputStream().write(request);
                    socket.getOutputStream().flush();
                } catch (IOException e) {
                    // It was answered before all was read.
                }
            });
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (SocketException | SSLException e) {
                // It was closed with something of ours unread.
            }
            writer.interrupt();
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
