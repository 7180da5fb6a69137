package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class BatchTest {
    private static final Batch FIVE = new Batch("a f=1 1\nb f=1 2\nc f=1 3\nd f=1 4\ne f=1 5\n", 5, 9);

    private static String told(List<Batch> parts) {
        return parts.stream()
                .map(part -> part.points() + " " + part.lines().replaceAll(" [^\n]*\n", ""))
                .collect(Collectors.joining(", "));
    }

    @Test
    void isSplitWhereTheServerNamedALineElseInHalves() {
        assertEquals("2 ab, 3 cde", told(FIVE.split(0)));
        assertEquals("2 ab, 3 cde", told(FIVE.split(6)));
        assertEquals("2 ab, 3 cde", told(FIVE.split(-1)));
        assertEquals("2 ab, 1 c, 2 de", told(FIVE.split(3)));
        assertEquals("1 a, 4 bcde", told(FIVE.split(1)));
        assertEquals("4 abcd, 1 e", told(FIVE.split(5)));
        assertEquals(9, FIVE.split(1).getFirst().formedMillis());
        assertThrows(IllegalStateException.class, () -> new Batch("a f=1 1\n", 1, 9).split(1));
    }

    @Test
    void newlinesQuotesAndBackslashesInAPointDoNotSplitIt() {
        List<String> values = HostileValues.some(300);
        List<Point> points = IntStream.range(0, values.size())
                .mapToObj(i -> Point.of("m", Map.of("tag", values.get(i)), "text",
                        new Point.Field.Text(values.get(values.size() - 1 - i)),
                        i))
                .toList();
        Batch batch = Batch.of(points, 0);
        for (int line = 1; line <= points.size(); line++) {
            List<Batch> parts = batch.split(line);
            assertEquals(points.get(line - 1) + "\n", parts.get(line == 1 ? 0 : 1).lines());
            assertEquals(batch.lines(), parts.stream().map(Batch::lines).collect(Collectors.joining()));
        }
    }

    @Test
    void patienceGrowsAndIsNeverTheSameForAll() {
        assertEquals(Duration.ofMillis(250), Backoff.after(1, null, 0));
        assertEquals(Duration.ofMillis(375), Backoff.after(1, null, 0.5));
        assertEquals(Duration.ofSeconds(1), Backoff.after(3, null, 0));
        for (int failures : new int[]{6, 7, 50, Integer.MAX_VALUE}) {
            assertEquals(Duration.ofMillis(7500), Backoff.after(failures, null, 0));
        }
        assertEquals(Duration.ofSeconds(30).plusMillis(62).plusNanos(500_000),
                Backoff.after(1, Duration.ofSeconds(30), 0));
        assertEquals(Duration.ofMinutes(2).plusMillis(1875), Backoff.after(9, Duration.ofDays(1), 0));
    }
}
