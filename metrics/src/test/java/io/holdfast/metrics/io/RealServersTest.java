package io.holdfast.metrics.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.metrics.Batch;
import io.holdfast.metrics.HostileValues;
import io.holdfast.metrics.LineText;
import io.holdfast.metrics.LineWriter;
import io.holdfast.metrics.Point;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.MetricsServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What QuestDB, InfluxDB and VictoriaMetrics make of our lines, and we of their answers. */
@Tag("integration")
final class RealServersTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long START = 1_700_000_000_000_000_000L;
    private static final List<String> VALUES = HostileValues.some(500);

    @TempDir
    static Path directory;
    private static QuestDb questDb;
    private static MetricsServer influx;

    @BeforeAll
    static void startThem() throws IOException {
        questDb = new QuestDb(directory.resolve("questdb"));
        assumeTrue(MetricsServer.Kind.INFLUXDB.isInstalled(), "there is no influxd");
        influx = MetricsServer.start(MetricsServer.Kind.INFLUXDB,
                java.nio.file.Files.createDirectory(directory.resolve("influx")));
    }

    @AfterAll
    static void stopThem() {
        if (influx != null) {
            influx.close();
        }
        if (questDb != null) {
            questDb.close();
        }
    }

    static InfluxWriter writer(URI uri, boolean gzip, UnaryOperator<OkHttpClient.Builder> http) {
        return new InfluxWriter(new InfluxOptions(uri, "", MetricsServer.DATABASE, null, gzip, Duration.ofSeconds(20),
                new InfluxOptions.Queue(5000, 20_000, directory, 1 << 20, 10_000)), http);
    }

    private static LineWriter.Answer write(URI uri, boolean gzip, UnaryOperator<OkHttpClient.Builder> http,
            Batch batch) {
        try (InfluxWriter writer = writer(uri, gzip, http)) {
            return writer.write(batch);
        }
    }

    private static double real(int number) {
        return number % 2 == 0 ? number : number / 7.0 * Math.pow(10, number % 13 - 6);
    }

    private static Batch hostile() {
        return Batch.of(IntStream.range(0, VALUES.size())
                .mapToObj(i -> new Point("hostile", new TreeMap<>(Map.of("tag", VALUES.get(i), "other", "x")),
                        new TreeMap<>(Map.of("whole", new Point.Field.Whole(Long.MAX_VALUE - i), "real",
                                new Point.Field.Real(real(i)), "flag", new Point.Field.Flag(i % 3 == 0), "text",
                                new Point.Field.Text(VALUES.get(i)))),
                        START + i))
                .toList(), 0);
    }

    @Test
    void hostileValuesReachQuestDbWithTheirTypes() throws IOException, InterruptedException {
        assertEquals(new LineWriter.Written(), write(questDb.uri(), true, http -> http, hostile()));
        Eventually.within(SOON, "all rows are there",
                () -> questDb.query("SELECT count() FROM hostile").path(0).path(0).asInt() == VALUES.size());
        Map<String, String> types = new HashMap<>();
        questDb.query("SELECT \"column\", type FROM table_columns('hostile')")
                .forEach(row -> types.put(row.path(0).asText(), row.path(1).asText()));
        assertEquals(List.of("SYMBOL", "SYMBOL", "LONG", "DOUBLE", "BOOLEAN", "VARCHAR"),
                java.util.stream.Stream.of("tag", "other", "whole", "real", "flag", "text").map(types::get).toList());
        JsonNode rows = questDb.query("SELECT tag, other, whole, real, flag, text FROM hostile ORDER BY timestamp");
        assertEquals(VALUES.size(), rows.size());
        for (int i = 0; i < VALUES.size(); i++) {
            JsonNode row = rows.path(i);
            assertEquals(VALUES.get(i), LineText.original(row.path(0).asText()));
            assertEquals("x", row.path(1).asText());
            assertEquals(Long.MAX_VALUE - i, row.path(2).asLong());
            assertEquals(real(i), row.path(3).asDouble());
            assertEquals(i % 3 == 0, row.path(4).asBoolean());
            assertEquals(VALUES.get(i), LineText.original(row.path(5).asText()));
        }
    }

    @Test
    void hostileValuesReachInfluxDbWithTheirTypes() {
        assertEquals(new LineWriter.Written(), write(influx.uri(), true, Influx1::through, hostile()));
        JsonNode types = influx.query("SHOW FIELD KEYS FROM hostile").path(0).path("series").path(0).path("values");
        assertEquals("[[\"flag\",\"boolean\"],[\"real\",\"float\"],[\"text\",\"string\"],[\"whole\",\"integer\"]]",
                types.toString());
        JsonNode rows = influx.query("SELECT \"tag\", \"other\", \"whole\", \"real\", \"flag\", \"text\" FROM hostile")
                .path(0)
                .path("series")
                .path(0)
                .path("values");
        assertEquals(VALUES.size(), rows.size());
        for (int i = 0; i < VALUES.size(); i++) {
            JsonNode row = rows.path(i);
            assertEquals(START + i, row.path(0).asLong());
            assertEquals(VALUES.get(i), LineText.original(row.path(1).asText()));
            assertEquals("x", row.path(2).asText());
            assertEquals(Long.MAX_VALUE - i, row.path(3).asLong());
            assertEquals(real(i), row.path(4).asDouble());
            assertEquals(i % 3 == 0, row.path(5).asBoolean());
            assertEquals(VALUES.get(i), LineText.original(row.path(6).asText()));
        }
    }

    @Test
    void bothSayWhatTheyDoNotTakeAndQuestDbWhere() {
        write(influx.uri(), true, Influx1::through, new Batch("typed f=1i 1\n", 1, 0));
        LineWriter.Refused conflict = assertInstanceOf(LineWriter.Refused.class,
                write(influx.uri(), true, Influx1::through,
                        new Batch("typed f=2i 2\ntyped f=\"text\" 3\n", 2, 0)));
        assertTrue(conflict.reason().startsWith("400 ") && conflict.reason().contains("field type conflict"),
                conflict.reason());
        LineWriter.Refused broken = assertInstanceOf(LineWriter.Refused.class,
                write(influx.uri(), false, Influx1::through,
                        new Batch("typed f=2i 2\ntyped nonsense\n", 2, 0)));
        assertTrue(broken.reason().contains("unable to parse"), broken.reason());
        LineWriter.Refused named = assertInstanceOf(LineWriter.Refused.class, write(questDb.uri(), true, http -> http,
                new Batch("typed f=2i 2\ntyped f=3i 3\ntyped nonsense\n", 3, 0)));
        assertTrue(named.reason().startsWith("400 ") && named.line() == 3, named.toString());
    }

    @Test
    void whatHasNothingToDoWithTheLinesIsNoRefusal() {
        try (InfluxWriter writer = new InfluxWriter(new InfluxOptions(influx.uri(), "", "no-such-database", null, true,
                Duration.ofSeconds(20), new InfluxOptions.Queue(1, 1, directory, 1, 1)), Influx1::through)) {
            LineWriter.Away away = assertInstanceOf(LineWriter.Away.class, writer.write(new Batch("m f=1 1\n", 1, 0)));
            assertTrue(away.why().contains("404") && away.why().contains("no-such-database"), away.why());
        }
        // InfluxDB 1.6 does not know the path of the v2 API.
        assertInstanceOf(LineWriter.Away.class, write(influx.uri(), true, http -> http, new Batch("m f=1 1\n", 1, 0)));
        assertInstanceOf(LineWriter.Away.class,
                write(URI.create("http://127.0.0.1:1"), true, http -> http, new Batch("m f=1 1\n", 1, 0)));
    }

    @Test
    void tokenAndOrganisationAreSentWhereThereAreSome() {
        Map<String, String> seen = new TreeMap<>();
        UnaryOperator<OkHttpClient.Builder> noting = http -> http.addNetworkInterceptor(chain -> {
            seen.put("url", chain.request().url().encodedQuery());
            seen.put("authorization", chain.request().header("Authorization"));
            seen.put("encoding", chain.request().header("Content-Encoding"));
            return chain.proceed(chain.request());
        });
        try (InfluxWriter writer = new InfluxWriter(new InfluxOptions(questDb.uri(), "ops", "b", "s3cret", true,
                Duration.ofSeconds(20), new InfluxOptions.Queue(1, 1, directory, 1, 1)), noting)) {
            assertEquals(new LineWriter.Written(), writer.write(new Batch("token f=1 1\n", 1, 0)));
        }
        assertEquals("{authorization=Token s3cret, encoding=gzip, url=org=ops&bucket=b&precision=ns}", seen.toString());
    }

    @Test
    void aFrozenServerCostsTheTimeOutOrTheCancellation() throws InterruptedException {
        influx.freeze();
        try (InfluxWriter writer = writer(influx.uri(), true, Influx1::through)) {
            LineWriter.Answer[] answer = new LineWriter.Answer[1];
            Thread writing = Thread.ofPlatform().start(() -> answer[0] = writer.write(new Batch("m f=1 1\n", 1, 0)));
            writer.cancel();
            assertTrue(writing.join(Duration.ofSeconds(10)));
            assertInstanceOf(LineWriter.Away.class, answer[0]);
        } finally {
            influx.thaw();
        }
    }
}
