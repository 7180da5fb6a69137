package io.holdfast.replication.redis.io;

import io.holdfast.config.HostPort;
import io.holdfast.config.RedisConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.types.ErrorType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a Redis or a Sentinel, made when it is needed and given up after a time-out: an answer that comes late would be
 * taken for that to the next question. For one thread at a time; its calls block that thread, within their time.
 */
final class RedisLink implements AutoCloseable {
    private final Vertx vertx;
    private final HostPort address;
    private final RedisOptions options;
    private volatile @Nullable Redis client;
    private volatile @Nullable RedisConnection connection;

    /** Nobody answered in time, or at all. */
    static final class Silent extends Exception {
        private static final long serialVersionUID = 1L;

        Silent(String why) {
            super(why);
        }
    }

    RedisLink(Vertx vertx, HostPort address, RedisConfig.Login login, RedisConfig.@Nullable Tls tls) {
        this.vertx = vertx;
        this.address = address;
        NetClientOptions net = new NetClientOptions().setConnectTimeout(500).setTcpKeepAlive(true);
        if (tls != null) {
            net.setSsl(true)
                    .setHostnameVerificationAlgorithm("HTTPS")
                    .setTrustOptions(new PemTrustOptions().addCertPath(tls.ca().toString()));
            if (tls.cert() != null && tls.key() != null) {
                net.setKeyCertOptions(new PemKeyCertOptions().setCertPath(tls.cert().toString())
                        .setKeyPath(tls.key().toString()));
            }
        }
        this.options = new RedisOptions()
                .setConnectionString((tls == null ? "redis://" : "rediss://") + address)
                .setNetClientOptions(net)
                // By HELLO: without it the client begins with a PING, which a Redis that loads or lacks its disk refuses.
                .setProtocolNegotiation(true)
                .setPreferredProtocolVersion(ProtocolVersion.RESP2)
                .setMaxPoolSize(1)
                .setMaxPoolWaiting(1)
                .setPoolCleanerInterval(-1);
        if (login.password() != null) {
            options.setPassword(login.password().reveal());
            if (login.user() != null) {
                options.setUser(login.user());
            }
        }
    }

    /** Where it leads. */
    HostPort address() {
        return address;
    }

    /** A command of words. */
    static Request command(String word, Object... arguments) {
        Request request = Request.cmd(Command.create(word));
        for (Object argument : arguments) {
            request.arg(argument.toString());
        }
        return request;
    }

    /**
     * Sends commands together, and gives an answer to each, within a time.
     *
     * @throws Silent when the answers do not all come
     */
    List<Reply> ask(Duration within, Request... requests) throws Silent {
        long deadline = System.nanoTime() + within.toNanos();
        boolean fresh = connection == null;
        try {
            return askOnce(deadline, requests);
        } catch (Silent e) {
            // A connection that broke since the last question says nothing about Redis.
            if (fresh || deadline - System.nanoTime() < within.toNanos() / 2) {
                throw e;
            }
            return askOnce(deadline, requests);
        }
    }

    private List<Reply> askOnce(long deadline, Request... requests) throws Silent {
        try {
            RedisConnection open = open(deadline);
            List<Future<@Nullable Response>> answers = new ArrayList<>();
            for (Request request : requests) {
                answers.add(open.send(request));
            }
            List<Reply> replies = new ArrayList<>();
            for (Future<@Nullable Response> answer : answers) {
                replies.add(reply(answer, deadline));
            }
            return replies;
        } catch (Silent e) {
            close();
            throw e;
        }
    }

    private RedisConnection open(long deadline) throws Silent {
        RedisConnection open = connection;
        if (open != null) {
            return open;
        }
        close();
        Redis created = Redis.createClient(vertx, options);
        client = created;
        RedisConnection made = await(created.connect(), deadline);
        made.exceptionHandler(e -> connection = null);
        made.endHandler(end -> connection = null);
        connection = made;
        return made;
    }

    private Reply reply(Future<@Nullable Response> answer, long deadline) throws Silent {
        try {
            return new Reply.Done(get(answer, deadline));
        } catch (ExecutionException e) {
            // The client tells of a connection that was closed as if Redis had said so.
            if (e.getCause() instanceof ErrorType error && !error.is("CONNECTION_CLOSED")) {
                return new Reply.Refused(String.valueOf(error.getMessage()));
            }
            throw silent(e.getCause());
        }
    }

    private <T> T await(Future<T> future, long deadline) throws Silent {
        try {
            return get(future, deadline);
        } catch (ExecutionException e) {
            throw silent(e.getCause());
        }
    }

    private static <T> T get(Future<T> future, long deadline) throws ExecutionException, Silent {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new Silent("no answer in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Silent("interrupted");
        }
    }

    private static Silent silent(@Nullable Throwable cause) {
        Throwable why = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        String text = why == null ? "" : String.valueOf(why.getMessage());
        return new Silent(text.contains("Connection refused") ? "connection refused" : text.strip());
    }

    /**
     * Has every message that a Sentinel publishes handed over, as long as the connection lasts.
     *
     * @param heard gets the event's name and its text
     * @param ended runs once when nothing more will come
     * @throws Silent when it cannot be subscribed to
     */
    void subscribe(Duration within, java.util.function.BiConsumer<String, String> heard, Runnable ended) throws Silent {
        long deadline = System.nanoTime() + within.toNanos();
        try {
            RedisConnection open = open(deadline);
            Consumer<Object> over = e -> {
                connection = null;
                ended.run();
            };
            open.exceptionHandler(over::accept);
            open.endHandler(over::accept);
            open.handler(message -> {
                if (message != null && message.size() == 4 && "pmessage".equals(message.get(0).toString())) {
                    heard.accept(message.get(2).toString(), message.get(3).toString());
                }
            });
            await(open.send(command("PSUBSCRIBE", "*")), deadline);
        } catch (Silent e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        Redis old = client;
        client = null;
        connection = null;
        if (old != null) {
            old.close();
        }
    }
}
