package io.holdfast.replication;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** From the words of a decision file's {@code self} line to a reading of PostgreSQL. */
final class PostgresReader {
    private final MemberId self;
    private final Words words;
    private final ClusterState cluster;

    PostgresReader(MemberId self, Words words, ClusterState cluster) {
        this.self = self;
        this.words = words;
        this.cluster = cluster;
    }

    LocalPostgres read() {
        MemberRecord record = cluster.members().get(self.name());
        if (record != null && record.isWitness()) {
            return new LocalPostgres.Absent();
        }
        String state = words.next();
        return switch (state) {
            case "absent" -> new LocalPostgres.Absent();
            case "broken" -> new LocalPostgres.Broken(words.quoted().orElseThrow());
            case "foreign" -> new LocalPostgres.Foreign(words.quoted().orElseThrow());
            case "stopped" -> {
                Timeline timeline = timeline();
                yield new LocalPostgres.Stopped(directory(timeline), timeline, at(), words.has("clean"));
            }
            case "silent" -> new LocalPostgres.Silent(directory(Timeline.of(2, 1)), words.has("stopping")
                    ? LocalPostgres.Silent.Phase.STOPPING
                    : words.has("hung") ? LocalPostgres.Silent.Phase.HUNG : LocalPostgres.Silent.Phase.STARTING,
                    words.quoted().orElseThrow());
            case "standby" -> standby();
            case "primary" -> primary();
            default -> throw new IllegalArgumentException("no state of PostgreSQL: " + state);
        };
    }

    private Timeline timeline() {
        return words.after("on=").map(Words::timeline).orElseThrow();
    }

    private Lsn at() {
        return words.after("at=").map(Lsn::parse).orElseThrow();
    }

    private LocalPostgres standby() {
        Timeline timeline = timeline();
        Lsn flushed = at();
        Upstream upstream = words.after("upstream=").map(PostgresReader::upstream).orElse(null);
        boolean streaming = words.has("streaming");
        boolean receiver = words.has("receiver") || streaming || upstream != null;
        Lsn replayed = words.after("replayed=").map(Lsn::parse).orElse(flushed);
        return new LocalPostgres.Standby(directory(timeline), timeline, flushed, replayed, replayed.equals(flushed),
                upstream, receiver, streaming, running(SyncSet.NOBODY), 0);
    }

    private LocalPostgres primary() {
        Timeline timeline = timeline();
        Lsn flushed = at();
        TreeMap<Integer, Lsn> switches = new TreeMap<>();
        words.after("left=").ifPresent(text -> {
            String[] parts = text.split(":", 2);
            switches.put(Integer.valueOf(parts[0]), Lsn.parse(parts[1]));
        });
        Set<String> slots = words.after("slots=").map(PostgresReader::names).orElseGet(this::slotsOfAll);
        SyncSet running = running(SyncSet.EMPTY);
        boolean rewindable = !words.has("unrewindable");
        LocalPostgres.Directory directory = directory(timeline);
        List<LocalPostgres.Primary.Link> links = new ArrayList<>();
        for (String link : words.rest()) {
            String[] parts = link.split(":", 3);
            links.add(new LocalPostgres.Primary.Link(Words.member(parts[0]), Lsn.parse(parts[1]), parts.length == 2));
        }
        return new LocalPostgres.Primary(directory, timeline, flushed, running, links, slots, switches, rewindable);
    }

    private @Nullable SyncSet running(SyncSet otherwise) {
        return words.has("runs=foreign") ? null : words.after("runs=").map(Words::set).orElse(otherwise);
    }

    private LocalPostgres.Directory directory(Timeline timeline) {
        TreeMap<Integer, Epoch> epochs = new TreeMap<>();
        for (String each : words.after("book=").orElse(timeline.id() + "/" + timeline.epoch()).split(",", -1)) {
            Timeline known = Words.timeline(each);
            epochs.put(known.id(), known.epoch());
        }
        return new LocalPostgres.Directory(self.incarnation(), words.after("system=").orElse(ViewReader.SYSTEM),
                new TimelineBook(timeline.epoch(), epochs), words.after("restored=").map(text -> {
                    String[] parts = text.split("@", 3);
                    return new LocalPostgres.Restored(parts[0], Integer.parseInt(parts[1]), Lsn.parse(parts[2]));
                }).orElse(null));
    }

    private Set<String> slotsOfAll() {
        Set<String> slots = new TreeSet<>();
        cluster.members()
                .values()
                .stream()
                .filter(m -> !m.isWitness() && !m.name().equals(self.name()))
                .forEach(m -> slots.add("hf_" + m.name() + "_" + cluster.epoch()));
        return slots;
    }

    private static Set<String> names(String text) {
        return text.equals("none") ? Set.of() : new TreeSet<>(Arrays.asList(text.split(",", -1)));
    }

    private static Upstream upstream(String text) {
        String[] parts = text.split("/", 2);
        return new Upstream(new MemberName(parts[0]), Words.epoch(parts[1]));
    }
}
