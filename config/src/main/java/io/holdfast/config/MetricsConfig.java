package io.holdfast.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code metrics}.
 *
 * @param influxdb where measurements are sent; null: nowhere, they are only there to be asked for
 * @param interval the time between two measurements
 * @param probes what is measured, and how often
 */
public record MetricsConfig(@Nullable InfluxDb influxdb, Duration interval, ProbesConfig probes) {
    /** What holds where there is no such section. */
    public static final MetricsConfig DEFAULTS = new MetricsConfig(null, Duration.ofSeconds(1),
            ProbesConfig.DEFAULTS);

    /**
     * An InfluxDB, or what speaks its write API.
     *
     * @param url its address
     * @param org the organisation there; empty: none
     * @param bucket the bucket there
     * @param token the token of the write API; null: none is wanted
     * @param gzip whether requests are compressed
     * @param batch how many points are sent together at most
     * @param spool where they wait while the server is away
     */
    public record InfluxDb(URI url, String org, String bucket, @Nullable Secret token, boolean gzip, int batch,
            Spool spool) {}

    /**
     * Points that wait on disk.
     *
     * @param directory where
     * @param bytes how large it may be
     * @param replayRate how many points a second are sent from it at most
     */
    public record Spool(Path directory, long bytes, int replayRate) {}
}
