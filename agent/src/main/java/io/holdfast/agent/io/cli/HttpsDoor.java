package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.cli.AgentClient.Answer;
import io.holdfast.config.io.ClientTls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
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
     * @param own a certificate to show, and its key; null: none
     */
    HttpsDoor(String api, @Nullable Path authority, @Nullable Own own) {
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
        if (authority != null || own != null) {
            builder.sslContext(context(authority, own));
        }
        this.client = builder.build();
    }

    /**
     * A certificate and its key.
     *
     * @param cert PEM
     * @param key PKCS#8 PEM
     */
    record Own(Path cert, Path key) {}

    private static Failure wrong(String api) {
        return new Failure(ExitCode.USAGE, "HF-5157", "'" + api + "' is no address of an API",
                "Write it as https://10.0.0.1:8009.");
    }

    private static SSLContext context(@Nullable Path authority, @Nullable Own own) {
        try {
            return ClientTls.context(authority, own == null ? null : own.cert(), own == null ? null : own.key());
        } catch (IOException | GeneralSecurityException e) {
            throw new Failure(ExitCode.USAGE, "HF-5158",
                    "the certificates for the API cannot be used: " + e.getMessage(),
                    "'--api-ca' names the file ca.crt of the cluster, '--api-cert' and '--api-key' a certificate and its key.");
        }
    }

    @Override
    public String where() {
        return api.toString();
    }

    @Override
    public Answer exchange(String method, String path, Map<String, String> headers, String body, Duration patience)
            throws IOException {
        HttpRequest.Builder request = request(path, headers, patience).method(method, body.isEmpty()
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body));
        HttpResponse<String> answer = sent(request, HttpResponse.BodyHandlers.ofString());
        return new Answer(answer.statusCode(), headers(answer), answer.body());
    }

    /** The client's own time-out ends with the head of an answer: silence after that is seen by another thread. */
    @Override
    public Answer follow(String path, Map<String, String> headers, Duration silence, Consumer<String> line)
            throws IOException {
        HttpResponse<InputStream> answer = sent(request(path, headers, silence).GET(),
                HttpResponse.BodyHandlers.ofInputStream());
        AtomicLong heard = new AtomicLong(System.nanoTime());
        Thread watch = Thread.ofVirtual().start(() -> endWhenSilent(answer.body(), heard, silence));
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            if (answer.statusCode() != 200) {
                return new Answer(answer.statusCode(), headers(answer),
                        lines.lines().collect(Collectors.joining("\n")));
            }
            for (String next = lines.readLine(); next != null; next = lines.readLine()) {
                heard.set(System.nanoTime());
                line.accept(next);
            }
            return new Answer(200, headers(answer), "");
        } finally {
            watch.interrupt();
        }
    }

    private static void endWhenSilent(InputStream body, AtomicLong heard, Duration silence) {
        try {
            for (long left = silence.toNanos(); left > 0; left = heard.get() + silence.toNanos() - System.nanoTime()) {
                Thread.sleep(Duration.ofNanos(left));
            }
            body.close();
        } catch (InterruptedException | IOException e) {
            // It has ended by itself.
        }
    }

    private HttpRequest.Builder request(String path, Map<String, String> headers, Duration patience) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + path)).timeout(patience);
        headers.forEach(request::header);
        return request;
    }

    private <T> HttpResponse<T> sent(HttpRequest.Builder request, HttpResponse.BodyHandler<T> reader)
            throws IOException {
        try {
            return client.send(request.build(), reader);
        } catch (ConnectException e) {
            // The JDK's client says nothing more of it.
            throw e.getMessage() == null ? new IOException("there is no connection to it", e) : e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static Map<String, String> headers(HttpResponse<?> answer) {
        Map<String, String> found = new TreeMap<>();
        answer.headers().map().forEach((name, values) -> found.put(name, values.getFirst()));
        return found;
    }
}
