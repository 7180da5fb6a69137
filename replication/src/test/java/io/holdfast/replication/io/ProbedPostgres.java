package io.holdfast.replication.io;

import io.holdfast.config.ProbesConfig;
import io.holdfast.metrics.Labels;
import io.holdfast.metrics.Probe;
import io.holdfast.metrics.Readings;
import io.holdfast.metrics.Registry;
import io.holdfast.metrics.Sample;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.replication.io.probe.PostgresProbes;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** The probes of a real PostgreSQL of the rig, run one by one by the test. */
final class ProbedPostgres implements AutoCloseable {
    final Registry registry = new Registry();
    final PostgresProbes probes;
    volatile boolean mayWrite = true;
    private final Member member;
    private volatile LocalPostgres reading;

    ProbedPostgres(PostgresRig rig, Member member, int top, Duration interval) {
        this.member = member;
        this.reading = member.adapter.read();
        probes = new PostgresProbes(rig.vertx, member.options, config(top, interval), registry, () -> reading,
                () -> mayWrite);
    }

    static ProbesConfig config(int top, Duration interval) {
        return new ProbesConfig(interval, interval, interval, Duration.ofMinutes(5), interval, interval, interval,
                interval, top, new ProbesConfig.Canary(true, interval, Duration.ofMillis(700)));
    }

    /** What the turns would have seen by now. */
    void look() {
        reading = member.adapter.read();
    }

    Probe probe(String name) {
        return probes.probes().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow();
    }

    /** One run; its values by metric and labels. */
    Map<String, Double> run(String name) throws Exception {
        look();
        Readings readings = new Readings();
        probe(name).run(readings);
        Map<String, Double> values = new TreeMap<>();
        readings.families()
                .forEach(family -> family.samples().forEach(sample -> values.put(name(sample), sample.value())));
        return values;
    }

    /** A value of the registry, where the canary's are; 0 where there is none. */
    double registered(String sample) {
        return registry.collect()
                .stream()
                .flatMap(family -> family.samples().stream())
                .filter(one -> name(one).equals(sample))
                .mapToDouble(Sample::value)
                .sum();
    }

    private static String name(Sample sample) {
        Labels labels = new Labels(sample.labels().containsKey("le") ? new TreeMap<>() : sample.labels());
        return sample.name() + (labels.values().isEmpty() ? "" : labels.values().values());
    }

    @Override
    public void close() {
        probes.close();
    }
}
