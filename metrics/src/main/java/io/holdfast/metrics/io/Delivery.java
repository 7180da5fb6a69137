package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import io.holdfast.metrics.LineWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a batch to the server, whatever is in it: a batch that is refused is sent in parts, until the lines that are to blame are alone.
 * They are set aside with the server's reason. Not thread-safe.
 */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
    /**
     * One bad line in 5,000 costs about 25 requests. Where nearly all are bad this ends it: a part that is refused after that is set
     * aside whole, though some of its lines may have been taken.
     */
    private static final int MOST_REQUESTS = 250;
    private static final int MOST_HALVED = 6;
    private static final Duration BETWEEN_REPORTS = Duration.ofMinutes(1);

    private final LineWriter server;
    private final RejectedLines aside;
    private final SinkMetrics metrics;
    private long reported;
    private long reportAt = System.nanoTime();
    private String lastReason = "";

    /** A part of a batch, and why it was refused. */
    private record Refusal(Batch batch, String reason) {}

    Delivery(LineWriter server, RejectedLines aside, SinkMetrics metrics) {
        this.server = server;
        this.aside = aside;
        this.metrics = metrics;
    }

    /**
     * Sends a batch. Nothing is counted or set aside before the server has answered for all of it: a batch that is sent again is sent
     * whole.
     *
     * @param failures how often in a row the server has not answered: a slow one gets smaller pieces, or none would ever be
     *     done before the time is out
     * @return Written or Away
     */
    LineWriter.Answer deliver(Batch batch, int failures) {
        Deque<Batch> parts = new ArrayDeque<>(pieces(batch, failures));
        List<Refusal> refused = new ArrayList<>();
        double written = 0;
        for (int requests = 1; !parts.isEmpty(); requests++) {
            Batch part = parts.pop();
            switch (ask(part)) {
                case LineWriter.Written _ -> written += part.points();
                case LineWriter.Away away -> {
                    return away;
                }
                case LineWriter.Refused answer -> {
                    if (part.points() == 1 || requests >= MOST_REQUESTS) {
                        refused.add(new Refusal(part, answer.reason()));
                    } else {
                        push(parts, part.split(answer.line()));
                    }
                }
            }
        }
        metrics.written.add(written);
        refused.forEach(this::setAside);
        return new LineWriter.Written();
    }

    /** The whole after one failure too; after each more, halves of what it was then. */
    private static List<Batch> pieces(Batch batch, int failures) {
        List<Batch> pieces = List.of(batch);
        for (int halved = 1; halved < Math.min(failures, MOST_HALVED); halved++) {
            pieces = pieces.stream()
                    .flatMap(piece -> piece.points() > 1 ? piece.split(0).stream() : Stream.of(piece))
                    .toList();
        }
        return pieces;
    }

    /** In their order, before all others. */
    private static void push(Deque<Batch> parts, List<Batch> first) {
        first.reversed().forEach(parts::push);
    }

    private LineWriter.Answer ask(Batch part) {
        long began = System.nanoTime();
        LineWriter.Answer answer = server.write(part);
        metrics.sending.observe(Duration.ofNanos(System.nanoTime() - began));
        return answer;
    }

    private void setAside(Refusal refusal) {
        metrics.rejected.add(refusal.batch.points());
        lastReason = refusal.reason;
        try {
            aside.add(Instant.now(), refusal.batch, refusal.reason);
        } catch (IOException e) {
            LOG.debug("What was refused could not be set aside", e);
        }
    }

    /** Says how many points were refused, at once when it begins and then every minute. */
    void report() {
        long rejected = (long) metrics.rejected.value();
        long now = System.nanoTime();
        if (rejected > reported && now - reportAt >= 0) {
            LOG.warn(
                    "HF-7003 the metrics' server refused {} points, the last one so: {}. Hint: they are in {} with its reason;"
                            + " the points that came with them were taken.",
                    rejected - reported, lastReason, aside.file());
            reported = rejected;
            reportAt = now + BETWEEN_REPORTS.toNanos();
        }
    }
}
