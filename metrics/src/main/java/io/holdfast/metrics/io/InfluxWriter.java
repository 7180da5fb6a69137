package io.holdfast.metrics.io;

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.InfluxDBClientOptions;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.client.service.WriteService;
import com.influxdb.exceptions.InfluxException;
import io.holdfast.metrics.Batch;
import io.holdfast.metrics.LineWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import retrofit2.Call;
import retrofit2.Response;

/**
 * A server that speaks InfluxDB's v2 write API, through InfluxDB's own client.
 *
 * <p>Of that client this takes the service beneath its write APIs, a request and its answer. {@code WriteApi} keeps buffers of its
 * own: when they are full it drops what is oldest, it gives a batch up after five attempts, and what it says about both comes after the
 * fact, by another thread; nobody could count exactly, or keep an order. {@code WriteApiBlocking} does neither, but wants an
 * organisation, which InfluxDB 1.8 has none of, and hides how long the server wants to be left alone.
 */
public final class InfluxWriter implements LineWriter {
    private static final String NONE = "-";
    private static final String MEDIA_TYPE = "text/plain; charset=utf-8";
    private static final Set<Integer> ABOUT_THE_LINES = Set.of(400, 413, 422);
    private static final int MOST_REASON_CHARS = 500;

    private final InfluxOptions options;
    private final InfluxDBClient client;
    private final WriteService service;
    private volatile @Nullable Call<Void> underWay;
    private volatile boolean isCancelled;

    /** Makes the client; nothing is asked of the server yet. */
    public InfluxWriter(InfluxOptions options) {
        this(options, http -> http);
    }

    /**
     * The same with another way to the server.
     *
     * @param http changes the client's HTTP
     */
    InfluxWriter(InfluxOptions options, UnaryOperator<OkHttpClient.Builder> http) {
        this.options = options;
        OkHttpClient.Builder builder = http.apply(new OkHttpClient.Builder().callTimeout(options.timeout())
                .connectTimeout(options.timeout())
                .readTimeout(options.timeout())
                .writeTimeout(options.timeout()));
        String token = options.token();
        client = InfluxDBClientFactory.create(InfluxDBClientOptions.builder()
                .url(options.url().toString())
                .authenticateToken((token == null ? NONE : token).toCharArray())
                .okHttpClient(builder)
                .build());
        if (options.gzip()) {
            client.enableGzip();
        }
        service = client.getService(WriteService.class);
    }

    @Override
    public Answer write(Batch batch) {
        String org = options.org().isEmpty() ? null : options.org();
        Call<Void> call = service.postWrite(org, options.bucket(), batch.lines(), null, null, MEDIA_TYPE, null,
                "application/json", null, WritePrecision.NS, null);
        underWay = call;
        try {
            if (isCancelled) {
                return new Away("this process ends", null);
            }
            Response<Void> response = call.execute();
            return response.isSuccessful() ? new Written() : answer(new InfluxException(response));
        } catch (IOException e) {
            return new Away(options + " cannot be reached: " + e, null);
        } finally {
            underWay = null;
        }
    }

    private Answer answer(InfluxException error) {
        String reason = error.status() + " " + said(error);
        if (ABOUT_THE_LINES.contains(error.status())) {
            return new Refused(reason, error.errorBody().get("line") instanceof Number line ? line.intValue() : 0);
        }
        return new Away(options + " answers " + reason, retryAfter(error.headers()));
    }

    /** InfluxDB 2 calls the reason {@code message}, InfluxDB 1 {@code error}. */
    private static String said(InfluxException error) {
        Object reason = error.errorBody().getOrDefault("message", error.errorBody().get("error"));
        String text = Objects
                .requireNonNullElse(reason, Objects.requireNonNullElse(error.getMessage(), "without a reason"))
                .toString();
        return text.length() <= MOST_REASON_CHARS ? text : text.substring(0, MOST_REASON_CHARS) + "…";
    }

    private static @Nullable Duration retryAfter(Map<String, String> headers) {
        String seconds = headers.get("Retry-After");
        return seconds != null && seconds.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(seconds)) : null;
    }

    @Override
    public void cancel() {
        isCancelled = true;
        Call<Void> call = underWay;
        if (call != null) {
            call.cancel();
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
