package io.holdfast.metrics.io;

import io.holdfast.metrics.Batch;
import io.holdfast.metrics.LineWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;

/** The twin of a server: what it has is in memory, and it can be away, slow, unclear and fastidious. */
final class MemoryServer implements LineWriter {
    /** How it takes what it does not like. */
    enum Manner {
        /** Nothing of the batch is taken, and a line is named: QuestDB. */
        NAMES_THE_LINE,
        /** The others are taken, and none is named: InfluxDB 1. */
        TAKES_THE_OTHERS
    }

    private final List<String> arrived = new ArrayList<>();
    private final Map<String, String> points = new LinkedHashMap<>();
    final Semaphore mayAnswer = new Semaphore(Integer.MAX_VALUE);
    volatile Predicate<String> dislikes = line -> false;
    volatile Manner manner = Manner.NAMES_THE_LINE;
    volatile boolean isAway;
    /** How many batches it takes without saying so. */
    volatile int unclear;
    volatile int mostLines = Integer.MAX_VALUE;
    /** More lines than that it does not manage in time. */
    volatile int mostInTime = Integer.MAX_VALUE;
    private int requests;
    private boolean cancelled;

    @Override
    public Answer write(Batch batch) {
        mayAnswer.acquireUninterruptibly();
        return answer(batch);
    }

    private synchronized Answer answer(Batch batch) {
        requests++;
        if (isAway || cancelled) {
            return new Away("it was told to be", null);
        }
        List<String> lines = batch.lines().lines().toList();
        if (lines.size() > mostInTime) {
            return new Away("timeout", null);
        }
        if (lines.size() > mostLines) {
            return new Refused("413 too much", 0);
        }
        List<String> bad = lines.stream().filter(dislikes).toList();
        if (bad.isEmpty() || manner == Manner.TAKES_THE_OTHERS) {
            lines.stream().filter(line -> !bad.contains(line)).forEach(this::take);
        }
        if (unclear > 0) {
            unclear--;
            return new Away("the answer was lost", null);
        }
        if (bad.isEmpty()) {
            return new Written();
        }
        return new Refused("400 " + bad.getFirst(),
                manner == Manner.NAMES_THE_LINE ? lines.indexOf(bad.getFirst()) + 1 : 0);
    }

    private void take(String line) {
        int fields = line.indexOf(' ');
        points.put(line.substring(0, fields) + line.substring(line.lastIndexOf(' ')), line);
        arrived.add(line);
    }

    /** Lines as they came, those that came twice twice. */
    synchronized List<String> arrived() {
        return List.copyOf(arrived);
    }

    /** What is there in the end: of a series and time, the last. */
    synchronized List<String> points() {
        return List.copyOf(points.values());
    }

    synchronized int requests() {
        return requests;
    }

    @Override
    public synchronized void cancel() {
        cancelled = true;
    }

    @Override
    public void close() {
        cancel();
    }
}
