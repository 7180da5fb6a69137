package io.holdfast.agent.io.alerts;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.config.AlertsConfig;
import io.holdfast.config.Problem;
import io.holdfast.config.Secret;
import io.holdfast.config.io.ClientTls;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.Told;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Somebody who is told of alerts, over HTTP. */
public final class Receiver implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    /** For how long an Alertmanager believes what it was told last; it is told again each minute. */
    private static final Duration BELIEVED = Duration.ofMinutes(4);
    private static final String HMAC = "HmacSHA256";
    private static final int MOST_WORDS = 200;
    private static final long MOST_BYTES = 64 << 10;

    private final AlertsConfig.Receiver config;
    private final String cluster;
    private final String self;
    private final String runbooks;
    private final URI address;
    private final HttpClient client;

    /**
     * Of the configuration.
     *
     * @param cluster the cluster's name
     * @param self the member that tells
     * @param runbooks where the pages are served; empty: they are named only
     * @throws io.holdfast.config.HoldfastException HF-5211 when its address or its authority cannot be used
     */
    public Receiver(AlertsConfig.Receiver config, String cluster, String self, String runbooks) {
        this.config = config;
        this.cluster = cluster;
        this.self = self;
        this.runbooks = runbooks;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT);
        try {
            this.address = address(config);
            if (config.ca() != null) {
                builder.sslContext(ClientTls.context(config.ca(), null, null));
            }
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new Problem("HF-5211", "a receiver of alerts has an address or an authority that cannot be used: "
                    + e.getMessage(), "'url' is its address, 'ca' a certificate in PEM.").toException();
        }
        this.client = builder.build();
    }

    /** True for one that wants to hear again and again of what fires. */
    boolean forgets() {
        return config.kind() == AlertsConfig.Kind.ALERTMANAGER;
    }

    /** Tells it once; gives why it did not take it, or nothing. */
    Optional<String> tell(Alert alert, Instant now) {
        String body = switch (config.kind()) {
            case WEBHOOK -> own(alert).toString();
            case ALERTMANAGER -> JsonNodeFactory.instance.arrayNode().add(prometheus(alert, now)).toString();
        };
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(ANSWER)
                .header("Content-Type", "application/json")
                .header("User-Agent", "holdfast")
                .header("Idempotency-Key", Told.key(alert));
        Secret token = config.token();
        if (token != null) {
            request.header("Authorization", "Bearer " + token.reveal());
        }
        Secret key = config.signingKey();
        if (key != null) {
            String at = Long.toString(now.getEpochSecond());
            request.header("X-Holdfast-Timestamp", at)
                    .header("X-Holdfast-Signature", "sha256=" + signature(key, at + "." + body));
        }
        return answered(request.POST(HttpRequest.BodyPublishers.ofString(body)).build());
    }

    /** The client's own time-out ends with the head of an answer, and an answer may be endless. */
    private Optional<String> answered(HttpRequest request) {
        CompletableFuture<HttpResponse<String>> sent = client.sendAsync(request,
                HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), MOST_BYTES));
        try {
            HttpResponse<String> answer = sent.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            String words = answer.body().strip();
            return answer.statusCode() / 100 == 2
                    ? Optional.empty()
                    : Optional.of("it answers " + answer.statusCode() + " "
                            + words.substring(0, Math.min(words.length(), MOST_WORDS)));
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String why = cause == null ? null : cause.getMessage();
            return Optional.of(why == null ? String.valueOf(cause) : why);
        } catch (TimeoutException e) {
            return Optional.of("it has not answered within " + ANSWER.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted");
        } finally {
            sent.cancel(true);
        }
    }

    private static URI address(AlertsConfig.Receiver config) {
        String base = config.url();
        String end = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        URI address = URI.create(config.kind() == AlertsConfig.Kind.WEBHOOK ? base : end + "/api/v2/alerts");
        if (address.getHost() == null) {
            throw new IllegalArgumentException(base + " names no host");
        }
        return address;
    }

    private static String signature(Secret key, String text) {
        try {
            Mac mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(key.reveal().getBytes(StandardCharsets.UTF_8), HMAC));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + HMAC, e);
        }
    }

    // ---- what it says

    private ObjectNode own(Alert alert) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("version", 1).put("key", Told.key(alert));
        json.put("id", alert.id()).put("status", word(alert)).put("alert", alert.rule()).put("cluster", cluster);
        json.put("severity", lower(alert.severity())).put("summary", alert.text()).put("value", alert.value());
        json.put("startsAt", String.valueOf(alert.firedAt())).put("endsAt", text(alert.endedAt()));
        json.put("runbook", runbook(alert)).put("sentBy", self);
        ObjectNode labels = json.putObject("labels");
        alert.labels().forEach(labels::put);
        return json;
    }

    /** As Alertmanager's API v2 wants it: what it is the same by are all of its labels. */
    private ObjectNode prometheus(Alert alert, Instant now) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ObjectNode labels = json.putObject("labels");
        alert.labels().forEach(labels::put);
        labels.put("alertname", alert.rule()).put("cluster", cluster).put("severity", lower(alert.severity()));
        json.putObject("annotations").put("summary", alert.text()).put("runbook_url", runbook(alert));
        Instant end = alert.endedAt();
        json.put("startsAt", String.valueOf(alert.firedAt()))
                .put("endsAt", (end == null ? now.plus(BELIEVED) : end).toString());
        return json;
    }

    private static String word(Alert alert) {
        return alert.state() == Alert.State.RESOLVED ? "resolved" : "firing";
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : instant.toString();
    }

    private String runbook(Alert alert) {
        return page(alert.runbook(), runbooks);
    }

    /** Where a page is: at its own URL, among those that are served, or in the distribution. */
    static String page(String runbook, String served) {
        return runbook.isEmpty() || runbook.contains(":")
                ? runbook
                : served.isEmpty() ? "docs/runbooks/" + runbook + ".md" : served + runbook + ".md";
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
