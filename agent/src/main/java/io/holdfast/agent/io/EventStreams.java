package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.agent.io.ApiRoutes.Reply;
import io.holdfast.replication.redis.io.RelayText;
import io.holdfast.statesync.Event;
import io.holdfast.statesync.io.EventFeed;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events as they happen, for whoever keeps the connection: server-sent events (HTML Living Standard, section 9.2). A stream
 * holds nothing but the number that it has come to; what follows it reads when the client has taken what was before.
 */
final class EventStreams {
    /** What a client asks for by the header {@code Accept}. */
    static final String TYPE = "text/event-stream";
    /** The number of the last event that a client has; it goes before the parameter {@code after}. */
    static final String LAST_ID = "last-event-id";
    private static final Logger LOG = LoggerFactory.getLogger(EventStreams.class);
    private static final int TOGETHER = 100;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
    private static final Duration TO_CONFIRM = Duration.ofSeconds(2);

    private final EventJson json;
    private final EventFeed feed;
    private final Limits limits;
    private final AtomicInteger open = new AtomicInteger();

    /**
     * What streams may cost.
     *
     * @param most how many at a time
     * @param heartbeat after what time there is a comment, and it is looked whether whoever asked still may
     * @param patience for how long a client may take nothing
     */
    record Limits(int most, Duration heartbeat, Duration patience) {
        /** Those of an agent. */
        static final Limits USUAL = new Limits(50, Duration.ofSeconds(15), Duration.ofSeconds(10));
    }

    /** Of an agent. */
    EventStreams(String cluster, EventFeed feed, Limits limits) {
        this.json = new EventJson(cluster);
        this.feed = feed;
        this.limits = limits;
    }

    /** True when a client asks for a stream. */
    static boolean isAskedFor(HttpServerRequest request) {
        String accept = request.getHeader("accept");
        return accept != null && accept.contains(TYPE);
    }

    /**
     * Begins a stream; else the answer says why not.
     *
     * @param after the parameter; empty: not given
     * @param who asked
     * @param goesOn whether that one still may
     */
    Optional<Reply> begin(HttpServerRequest request, String after, String who, BooleanSupplier goesOn) {
        String last = Optional.ofNullable(request.getHeader(LAST_ID)).map(String::strip).orElse(after);
        if (!last.matches("\\d{0,18}")) {
            return Optional.of(Reply.problem(400, "HF-5007", "the header Last-Event-ID is no number of an event",
                    "It is what the last event had as its 'id'."));
        }
        if (open.incrementAndGet() > limits.most()) {
            open.decrementAndGet();
            return Optional.of(Reply.problem(503, "HF-5171",
                    "this agent has " + limits.most() + " streams of events open already",
                    "Ask another agent, or end one of them: each costs an agent some work for every event."));
        }
        Stream stream = new Stream(request, last.isEmpty() ? feed.last() : Long.parseLong(last), who, goesOn);
        request.response().closeHandler(_ -> stream.leave());
        request.response().exceptionHandler(_ -> stream.leave());
        stream.thread.start();
        return Optional.empty();
    }

    /** How many streams are open. */
    int count() {
        return open.get();
    }

    private final class Stream {
        private final HttpServerRequest request;
        private final HttpServerResponse response;
        private final String who;
        private final BooleanSupplier goesOn;
        private final Thread thread = Thread.ofVirtual().name("holdfast-stream").unstarted(this::run);
        private long sent;
        private long lookedNanos = System.nanoTime();
        private volatile boolean gone;

        Stream(HttpServerRequest request, long after, String who, BooleanSupplier goesOn) {
            this.request = request;
            this.who = who;
            this.response = request.response();
            this.sent = after;
            this.goesOn = goesOn;
        }

        void leave() {
            gone = true;
            thread.interrupt();
        }

        private void run() {
            try {
                follow();
                var _ = response.end();
            } catch (TimeoutException e) {
                LOG.warn(
                        "HF-5172 the stream of events to {} is ended after number {}: nothing was taken from it for {} s."
                                + " Hint: it can go on there, by its Last-Event-ID.",
                        who, sent,
                        limits.patience().toSeconds());
                var _ = request.connection().close();
            } catch (InterruptedException | IllegalStateException e) {
                LOG.debug("the client of a stream of events has gone", e);
                var _ = request.connection().close();
            } finally {
                open.decrementAndGet();
            }
        }

        private void follow() throws InterruptedException, TimeoutException {
            ApiHandler.secured(response.setStatusCode(200)).putHeader("content-type", TYPE);
            response.setChunked(request.version() != HttpVersion.HTTP_1_0);
            // What it waits before it connects again; and the client knows at once that it is connected.
            write("retry: 1000\n\n");
            if (sent > feed.last()) {
                confirm();
            }
            while (!gone) {
                long first = feed.first();
                if (sent < first - 1) {
                    gap(first, "the cluster keeps the newest events only");
                }
                List<Event> events = feed.after(sent, TOGETHER);
                if (!events.isEmpty() && events.getFirst().number() == sent + 1) {
                    write(frames(events));
                    sent = events.getLast().number();
                }
                long left = lookedNanos + limits.heartbeat().toNanos() - System.nanoTime();
                if (left > 0) {
                    feed.await(sent, left);
                } else if (goesOn.getAsBoolean()) {
                    write(":\n\n");
                    lookedNanos = System.nanoTime();
                } else {
                    write(frame("end",
                            JsonNodeFactory.instance.objectNode().put("why", "the session has ended").toString()));
                    return;
                }
            }
        }

        /** This agent may be behind; but numbers that a majority does not know either are those of another history. */
        private void confirm() throws InterruptedException, TimeoutException {
            if (feed.confirmedLast(TO_CONFIRM).orElse(sent) < sent) {
                gap(feed.first(), "the cluster has no event of this number");
            }
        }

        private void gap(long first, String why) throws InterruptedException, TimeoutException {
            write(frame(RelayText.GAP, json.gap(sent, first, why)));
            sent = first - 1;
        }

        /**
         * The next is written only when what was before has gone to the network but for a little: a client that does not read
         * holds up nobody else. It is asked for, and not told by the API's own thread, which somebody's command may hold.
         */
        private void write(String text) throws InterruptedException, TimeoutException {
            var _ = response.write(Buffer.buffer(text));
            long deadline = System.nanoTime() + limits.patience().toNanos();
            awaitTaken();
            while (isFull()) {
                if (deadline - System.nanoTime() <= 0) {
                    throw new TimeoutException("it takes nothing");
                }
                Thread.sleep(LOOK_AGAIN);
            }
        }

        /** How full a connection is shows only when its thread has taken what was written. */
        private void awaitTaken() throws InterruptedException, TimeoutException {
            if (request.connection() instanceof ConnectionBase connection) {
                CountDownLatch taken = new CountDownLatch(1);
                connection.channelHandlerContext().channel().eventLoop().execute(taken::countDown);
                if (!taken.await(limits.patience().toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new TimeoutException("its thread is busy");
                }
            }
        }

        /** Vert.x counts writes, and would take sixteen of ours; the channel counts bytes, and takes 64 KiB. */
        private boolean isFull() {
            return response.writeQueueFull() || request.connection() instanceof ConnectionBase connection
                    && !connection.channelHandlerContext().channel().isWritable();
        }

        private String frames(List<Event> events) {
            StringBuilder frames = new StringBuilder();
            for (Event event : events) {
                frames.append("id: ").append(event.number()).append('\n');
                frames.append(frame(event.type(), json.event(event)));
            }
            return frames.toString();
        }

        private static String frame(String type, String data) {
            return "event: " + type + "\ndata: " + data + "\n\n";
        }
    }
}
