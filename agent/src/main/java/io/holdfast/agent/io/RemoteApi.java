package io.holdfast.agent.io;

import io.holdfast.agent.RateLimit;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.config.ListenConfig;
import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.ReloadingTls;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The API for other machines: TLS, 1.3 unless 1.2 is allowed, by the certificate that the member has, whose files may be replaced at any time. */
final class RemoteApi extends VerticleBase {
    /** More than a command line that follows an operation asks; whoever guesses tokens guesses 256 bits. */
    private static final double AT_ONCE = 200;
    private static final double A_SECOND = 50;
    private static final int IDLE_SECONDS = 90;
    private static final int MOST_HEADER_BYTES = 8 * 1024;

    private final ListenConfig listen;
    private final TlsConfig tls;
    private final ApiHandler handler;
    private final RateLimit limit;
    private @Nullable HttpServer server;

    /** A server that is not started yet. */
    RemoteApi(ListenConfig listen, TlsConfig tls, ApiHandler handler) {
        this(listen, tls, handler, new RateLimit(AT_ONCE, A_SECOND));
    }

    /** The same with another limit for each address. */
    RemoteApi(ListenConfig listen, TlsConfig tls, ApiHandler handler, RateLimit limit) {
        this.limit = limit;
        this.listen = listen;
        this.tls = tls;
        this.handler = handler;
    }

    @Override
    public Future<?> start() {
        ReloadingTls files = new ReloadingTls(tls.ca(), tls.cert(), tls.key());
        HttpServer created = vertx.createHttpServer(new HttpServerOptions().setSsl(true)
                .setKeyCertOptions(KeyCertOptions.wrap(files.keyManager()))
                .setTrustOptions(TrustOptions.wrap(files.trustManager()))
                .setClientAuth(listen.apiClients() == ListenConfig.Clients.CERTIFIED
                        ? ClientAuth.REQUIRED
                        : ClientAuth.NONE)
                .setEnabledSecureTransportProtocols(listen.apiTls().equals("1.2")
                        ? Set.of("TLSv1.2", "TLSv1.3")
                        : Set.of("TLSv1.3"))
                .setSslHandshakeTimeout(10)
                .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout(IDLE_SECONDS)
                .setMaxInitialLineLength(2048)
                .setMaxHeaderSize(MOST_HEADER_BYTES)
                .setUseAlpn(false)).requestHandler(this::handle);
        server = created;
        return created.listen(listen.api().port(), listen.api().host());
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    /** The port that it listens on; -1 before it does. */
    int port() {
        return server == null ? -1 : server.actualPort();
    }

    private void handle(HttpServerRequest request) {
        request.response().putHeader("strict-transport-security", "max-age=31536000");
        String address = String.valueOf(request.connection().remoteAddress().hostAddress());
        if (limit.allows(address, System.nanoTime())) {
            handler.handleRemote(request, address);
            return;
        }
        request.response().putHeader("retry-after", "1");
        ApiHandler.send(request, Reply.problem(429, "HF-5153", address + " asks too often",
                "Wait a second."));
    }
}
