package io.holdfast.replication.io;

import io.holdfast.config.HostPort;
import io.holdfast.statesync.MemberRecord;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the primary's health port over a connection that is kept; and, while that is silent, its PostgreSQL whether it speaks
 * TLS, which the postmaster's child answers with one byte before any authentication (PostgreSQL manual, Message Flow).
 */
public final class NetworkProbe implements Probe, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkProbe.class);
    /** SSLRequest: length 8, code 80877103. */
    private static final Buffer SSL_REQUEST = Buffer.buffer().appendInt(8).appendInt(80877103);

    private final Context loop;
    private final HttpClient http;
    private final NetClient net;
    private boolean silent;

    /** On an event loop. */
    public NetworkProbe(Vertx vertx) {
        loop = vertx.getOrCreateContext();
        http = vertx.httpClientBuilder()
                .with(new HttpClientOptions().setKeepAlive(true).setKeepAliveTimeout(5))
                .with(new PoolOptions().setHttp1MaxSize(2))
                .withConnectHandler(connection -> connection.exceptionHandler(NetworkProbe::broke))
                .build();
        net = vertx.createNetClient(new NetClientOptions().setReconnectAttempts(0));
    }

    @Override
    public boolean answers(MemberRecord primary, Duration within) {
        Promise<Void> answer = Promise.promise();
        agent(HostPort.parse(primary.health()), within).onSuccess(response -> answer.tryComplete());
        if (silent && !primary.isWitness()) {
            postgres(HostPort.parse(primary.postgres()), within).onSuccess(byteRead -> answer.tryComplete());
        }
        silent = !isDone(answer.future(), within);
        return !silent;
    }

    /** A connection to a host that is lost breaks: that is what is being asked about. */
    private static void broke(Throwable cause) {
        LOG.debug("a connection to the primary broke", cause);
    }

    /** Asked on the event loop itself: from another thread each step of a question would wake the loop by itself. */
    private Future<Void> agent(HostPort address, Duration within) {
        RequestOptions options = new RequestOptions().setMethod(HttpMethod.HEAD)
                .setHost(address.host())
                .setPort(address.port())
                .setURI("/liveness")
                .setConnectTimeout(within.toMillis())
                .setIdleTimeout(within.toMillis());
        Promise<Void> answered = Promise.promise();
        loop.runOnContext(_ -> http.request(options)
                .compose(HttpClientRequest::send)
                .onSuccess(answer -> answered.tryComplete())
                .onFailure(answered::tryFail));
        return answered.future();
    }

    private Future<Void> postgres(HostPort address, Duration within) {
        return net.connect(address.port(), address.host()).compose(socket -> {
            Promise<Void> answered = Promise.promise();
            socket.handler(bytes -> {
                answered.tryComplete();
                socket.close();
            });
            socket.exceptionHandler(answered::tryFail);
            socket.closeHandler(closed -> answered.tryFail("it closed the connection"));
            socket.write(SSL_REQUEST);
            return answered.future().timeout(within.toMillis(), TimeUnit.MILLISECONDS).onFailure(e -> socket.close());
        });
    }

    private static boolean isDone(Future<Void> answer, Duration within) {
        try {
            answer.toCompletionStage().toCompletableFuture().get(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        http.close();
        net.close();
    }
}
