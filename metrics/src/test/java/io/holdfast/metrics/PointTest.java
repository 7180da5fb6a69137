package io.holdfast.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PointTest {
    private static final Point.Field ONE = new Point.Field.Whole(1);

    private static Point tagged(String value) {
        return Point.of("m", Map.of("tag", value), "f", ONE, 5);
    }

    @Test
    void writesEachTypeAsInfluxReadsIt() {
        Point point = new Point("m", new TreeMap<>(Map.of("b", "2", "a", "x y,z=")), new TreeMap<>(Map.of("real",
                new Point.Field.Real(0.1), "tiny", new Point.Field.Real(1e-9), "whole",
                new Point.Field.Whole(Long.MIN_VALUE),
                "flag", new Point.Field.Flag(true), "text", new Point.Field.Text("a \"b\"\\\nc, d=e"))),
                1_700_000_000_000_000_001L);
        assertEquals("m,a=x\\ y\\,z\\=,b=2 flag=true,real=0.1,text=\"a \\\"b\\\"\\\\%0Ac, d=e\",tiny=1.0E-9,"
                + "whole=-9223372036854775808i 1700000000000000001", point.toString());
    }

    @Test
    void hostileValuesStayInTheirTag() {
        Set<String> lines = new HashSet<>();
        for (String value : HostileValues.some(2000)) {
            String line = tagged(value).toString();
            assertTrue(line.startsWith("m,tag=") && line.endsWith(" f=1i 5"), line);
            String carried = line.substring("m,tag=".length(), line.length() - " f=1i 5".length());
            assertFalse(carried.chars().anyMatch(c -> c < ' ' || c == 0x7F), line);
            assertEquals("", carried.replaceAll("\\\\[,= ]", "").replaceAll("[^\\\\,= ]", ""), line);
            assertEquals(LineText.carried(value), carried.replaceAll("\\\\([,= ])", "$1"));
            assertEquals(value, LineText.original(LineText.carried(value)));
            assertTrue(lines.add(line), () -> "two values have the line " + line);
        }
    }

    @Test
    void ordinaryValuesAreCarriedAsTheyAre() {
        for (String value : List.of("db1", "a b", "100%", "50%x", "C:/x", "größe", "\ud83d\ude00", "say \"hi\"",
                "a=b,c")) {
            assertEquals(value, LineText.carried(value));
        }
        assertEquals("m f=1i 5", tagged("").toString());
    }

    @Test
    void longValuesAreCutAndStayApart() {
        String one = "\ud83d\ude00".repeat(5000) + "1";
        String other = "\ud83d\ude00".repeat(5000) + "2";
        assertTrue(LineText.carried(one).length() <= LineText.MOST_TAG_CHARS);
        assertNotEquals(LineText.carried(one), LineText.carried(other));
        for (String value : List.of(one, "a" + one, "\\".repeat(5000))) {
            String carried = LineText.carried(value);
            assertEquals(carried, new String(carried.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        }
        int most = LineText.MOST_TEXT_CHARS;
        assertEquals(most + "m t=\"\" 5".length(),
                Point.of("m", Map.of(), "t", new Point.Field.Text("x".repeat(most + 1)), 5).toString().length());
    }

    @Test
    void halfACharacterIsReplaced() {
        assertEquals("a\ufffdb\ufffd", LineText.carried("a\ud83db\ude00"));
        assertEquals("m t=\"\ufffd\" 5", Point.of("m", Map.of(), "t", new Point.Field.Text("\ude00"), 5).toString());
    }

    @Test
    void refusesWhatNoServerTakes() {
        for (String name : List.of("", "a b", "a,b", "1a", "time", "_field", "ä", "a\n")) {
            assertThrows(IllegalArgumentException.class, () -> Point.of(name, Map.of(), "f", ONE, 5), name);
            assertThrows(IllegalArgumentException.class, () -> Point.of("m", Map.of(name, "x"), "f", ONE, 5), name);
            assertThrows(IllegalArgumentException.class, () -> Point.of("m", Map.of(), name, ONE, 5), name);
        }
        assertThrows(IllegalArgumentException.class, () -> new Point("m", new TreeMap<>(), new TreeMap<>(), 5));
        for (double value : new double[]{Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> new Point.Field.Real(value));
        }
        assertThrows(IllegalArgumentException.class, () -> Labels.of("time", "x"));
    }

    @Test
    void theRegistrysPointsAreWhatPrometheusReads() {
        Registry registry = new Registry();
        registry.counter("turns_total", "t", Labels.of("outcome", "fine")).add(3);
        registry.gauge("lag_bytes", "l", Labels.of("agent", "db9")).set(1.5);
        registry.gauge("limit", "l").set(Double.POSITIVE_INFINITY);
        Histogram time = registry.histogram("turn_seconds", "t", Labels.of("loop", "main"), 0.25, 1);
        List.of(0.1, 0.5, 2.0).forEach(time::observe);
        assertEquals("""
                holdfast_metrics_failed_readings_total,agent=db1 value=0 7
                lag_bytes,agent=db9 value=1.5 7
                turn_seconds,agent=db1,le=0.25,loop=main bucket=1i 7
                turn_seconds,agent=db1,le=1,loop=main bucket=2i 7
                turn_seconds,agent=db1,le=+Inf,loop=main bucket=3i 7
                turn_seconds,agent=db1,loop=main count=3i,sum=2.6 7
                turns_total,agent=db1,outcome=fine value=3 7
                """, lines(registry.points(Map.of("agent", "db1"), 7)));
    }

    private static String lines(List<Point> points) {
        StringBuilder lines = new StringBuilder();
        points.forEach(point -> lines.append(point).append('\n'));
        return lines.toString();
    }
}
