package io.holdfast.agent.io;

import io.holdfast.metrics.Measure;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes {@code docs/metrics.md} of what the agent says that it measures; the head is written by hand. */
final class MetricsPage {
    private static final String HEAD = """
            # Metrics

            Every agent measures itself, its machine, the PostgreSQL beside it and what it sees of the cluster and of Redis. The tables
            below are made of the code; how often each probe runs is set under
            [`metrics.probes`](configuration.md#metricsprobes).

            ## How to scrape

            `GET /metrics` on the health port (`listen.health`, plain HTTP, no login) of every agent. Who asks for it by the header
            `Accept` gets OpenMetrics 1.0 (`application/openmetrics-text`), all others Prometheus' text format 0.0.4:

            ```yaml
            scrape_configs:
              - job_name: holdfast
                scrape_interval: 10s
                static_configs:
                  - targets: [10.0.0.1:8008, 10.0.0.2:8008, 10.0.0.3:8008]
            ```

            Scraping costs no query: probes measure at their own intervals, and a scrape reads what they found last. To scrape more often
            than a probe runs shows the same values again.

            ## How to read

            - Units are base units and stand in the name: `_seconds`, `_bytes`, `_ratio` (0 to 1). A counter ends in `_total` and is read
              by its rate; a histogram has `_bucket`, `_sum` and `_count`: its mean is the rate of the sum by that of the count.
            - **A value that is there is one that was just measured.** When a probe fails or takes longer than its time, its metrics
              vanish until it measures again; `holdfast_probe_runs_total` counts what became of each run, and HF-5190 in the log says
              why. A run that is due while another goes on is skipped, and counted as skipped.
            - What belongs to the whole cluster is told by one agent where it costs something: the backups and the sizes of databases by
              the primary's. The rest is told by each for its own machine; `holdfast_build` says by its labels who that is.
            - Labels are few: of databases, tables, indexes and statements the greatest are told, `metrics.probes.top` of each. A statement
              is known by its `queryid`, never by its text, which may hold what nobody else should see; in PostgreSQL,
              `SELECT query FROM pg_stat_statements WHERE queryid = …` shows it. The extension must be in the database `postgres`.
            - Names that begin with `pg_stat_` are those of PostgreSQL's views and columns, as its manual describes them (chapter "The
              Cumulative Statistics System"); those of the machine are OpenTelemetry's.

            Questions that come first, in PromQL:

            | question | query |
            | --- | --- |
            | is there a primary? | `max(holdfast_primaries) == 1` |
            | did a failover happen? | `changes(max(holdfast_epoch)[1h:])` |
            | how long are outages? | `histogram_quantile(0.9, sum by (le) (rate(holdfast_failover_seconds_bucket[1d])))` |
            | how close was the lease? | `histogram_quantile(0.01, sum by (le) (rate(holdfast_lease_left_seconds_bucket[5m])))` |
            | which standby lags? | `pg_stat_replication_lag_bytes{stage="replay"}` |
            | how much WAL a second? | `rate(pg_stat_wal_bytes_total[1m])` |
            | transactions a second | `sum by (datname) (rate(pg_stat_database_xact_commit_total[1m]))` |
            | cache hits | `rate(pg_stat_database_blks_hit_total[5m]) / (rate(pg_stat_database_blks_hit_total[5m]) + rate(pg_stat_database_blks_read_total[5m]))` |
            | the slowest statements | `topk(5, rate(pg_stat_statements_seconds_total[5m]) / rate(pg_stat_statements_calls_total[5m]))` |
            | is a backup proved? | `max(holdfast_backup_proved_age_seconds) < 7 * 86400` |

            ## The canary

            With `metrics.probes.canary.enabled`, the primary's agent commits a tiny transaction each second, as a client does, and waits
            until a client of each standby sees it. It measures the whole way: the disks, the network, the confirmation by the standbys and
            their replay. It writes one row for each member that was primary, into a table of its own, `holdfast.canary` in the database
            `postgres`; it is off by default because it does write: some 300 bytes of WAL and one transaction number each time.

            It does nothing while the cluster is paused, while there is no primary, and while fewer standbys stream than a commit must wait
            for (`holdfast_canary_withheld_total`). A commit that is not confirmed within `budget` is cancelled, counted in
            `holdfast_canary_failures_total`, and leaves no session behind; PostgreSQL's log then has a warning about it.

            ## What it costs

            `MetricsLongIT` has everything measured once a second and fails where that takes a hundredth of a core of the database server.

            """;

    private static final Map<String, String> TITLES = Map.ofEntries(Map.entry("agent", "The agent"),
            Map.entry("cluster", "The cluster"), Map.entry("replication", "Replication"),
            Map.entry("activity", "Activity"), Map.entry("statements", "Statements"), Map.entry("sizes", "Sizes"),
            Map.entry("archive", "The archive"), Map.entry("canary", "The canary's"), Map.entry("backup", "Backups"),
            Map.entry("redis", "Redis and Sentinel"), Map.entry("sessions", "Sessions"),
            Map.entry("alerts", "Alerts"), Map.entry("host", "The machine"),
            Map.entry("filesystems", "File systems"), Map.entry("event-loop", "The event loop"),
            Map.entry("process", "The process"), Map.entry("influxdb", "The way to InfluxDB"),
            Map.entry("probes", "The probes"));

    private MetricsPage() {}

    static String write() {
        StringBuilder page = new StringBuilder(HEAD);
        page.append("## Every metric\n\n");
        for (Measurements.Group group : Measurements.catalog()) {
            page.append("### ").append(TITLES.getOrDefault(group.name(), group.name())).append("\n\n");
            page.append(when(group))
                    .append("\n\n| metric | type | unit | labels | what |\n| --- | --- | --- | --- | --- |\n");
            group.measures().forEach(measure -> row(page, measure));
            page.append('\n');
        }
        return page.toString().stripTrailing() + "\n";
    }

    private static String when(Measurements.Group group) {
        Duration interval = group.interval();
        return interval == null
                ? "Counted where it happens, or read whenever somebody asks."
                : "Probe `" + group.name() + "`, each " + text(interval) + " unless `metrics.probes."
                        + (group.name().equals("canary") ? "canary.interval" : group.setting()) + "` says otherwise"
                        + (group.name().equals("canary") ? "; off unless it is enabled." : ".");
    }

    private static void row(StringBuilder page, Measure measure) {
        page.append("| `")
                .append(measure.metric().name())
                .append("` | ")
                .append(measure.metric().kind().name().toLowerCase(Locale.ROOT))
                .append(" | ")
                .append(measure.metric().unit())
                .append(" | ")
                .append(labels(measure.labels()))
                .append(" | ")
                .append(measure.metric().help().replace("|", "\\|"))
                .append(" |\n");
    }

    private static String labels(List<String> labels) {
        return labels.isEmpty() ? "" : "`" + String.join("`, `", labels) + "`";
    }

    private static String text(@Nullable Duration interval) {
        long seconds = interval == null ? 0 : interval.toSeconds();
        return seconds == 1 ? "second" : seconds % 60 == 0 ? seconds / 60 + " minutes" : seconds + " seconds";
    }
}
