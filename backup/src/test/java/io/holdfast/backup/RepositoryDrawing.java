package io.holdfast.backup;

import io.holdfast.backup.TimelineHistory.Fork;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A repository as a case draws it, line by line; see {@code resources/decisions/README.md}. */
final class RepositoryDrawing {
    private static final Layout LAYOUT = new Layout("orders", new SystemId("7000000000000000001"));
    private static final SignerKey SIGNER = new SignerKey(SignerKey.PREFIX + "0".repeat(64));
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    private static final Sha256 SUM = new Sha256("0".repeat(64));

    private final List<BackupEntry> backups = new ArrayList<>();
    private final TreeMap<WalFile.Segment, StoredObject> segments = new TreeMap<>();
    private final Map<TimelineId, TimelineHistory> histories = new HashMap<>();
    private final Map<WalFile.Segment, SegmentFacts> seen = new HashMap<>();
    private final Set<BackupId> running = new HashSet<>();
    private RetentionPlan.@Nullable Rule rule;
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");
    private @Nullable RestoreRequest request;

    void take(String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "backup" -> backup(words);
            case "unfinished" -> backups.add(new BackupEntry.Unfinished(id(words[1]), objects(id(words[1]))));
            case "damaged" -> backups.add(new BackupEntry.Damaged(id(words[1]),
                    new Problem("HF-2030", line.substring(line.indexOf(words[1]) + words[1].length() + 1), "none."),
                    objects(id(words[1]))));
            case "wal" -> wal(words);
            case "history" -> histories.put(timeline(words[1]), new TimelineHistory(timeline(words[1]),
                    Arrays.stream(words).skip(2).map(RepositoryDrawing::fork).toList()));
            case "restore" -> restore(line.substring(words[0].length() + 1));
            case "seen" -> seen(words);
            case "keep" -> keep(words);
            default -> throw new IllegalArgumentException(line);
        }
    }

    List<String> answer() {
        Catalog catalog = new Catalog(LAYOUT, backups, new WalInventory(SIZE, segments, histories, Map.of()));
        if (rule != null) {
            return RetentionPlan.of(catalog, rule, now, running).lines();
        }
        return switch (RestorePlanner.decide(catalog, Objects.requireNonNull(request), seen)) {
            case RestoreDecision.Ready ready -> ready.plan().lines();
            case RestoreDecision.LookInto look ->
                List.of("LookInto " + look.segment() + " \"" + look.why() + "\"");
            case RestoreDecision.Refused refused -> List.of(refused.problem().message());
        };
    }

    private void backup(String[] words) {
        BackupId id = id(words[1]);
        String[] range = words[3].split("-", -1);
        BackupId parent = value(words, "parent").map(RepositoryDrawing::id).orElse(null);
        TimelineId stopOn = timeline(value(words, "stop-on").orElse(words[2]));
        Manifest manifest = new Manifest(Manifest.FORMAT, LAYOUT.cluster(), LAYOUT.systemId(), id, parent,
                id.startedAt().plusSeconds(30), "db1", false, new Manifest.Server(150004, SIZE, true),
                new Manifest.WalRange(timeline(words[2]), Lsn.parse(range[0]), stopOn, Lsn.parse(range[1])),
                Form.COMPRESSED, List.of(), List.of(), "label",
                List.of(new Manifest.BackupObject("shard-0001.tar.zst", Manifest.BackupObject.Kind.SHARD,
                        new Fingerprint(1000, SUM), 2000, List.of())),
                new Manifest.Verdict(0, List.of()), SIGNER);
        backups.add(new BackupEntry.Complete(manifest, new SignatureVerdict.Trusted(SIGNER), objects(id)));
    }

    private static List<StoredObject> objects(BackupId id) {
        return List.of(new StoredObject(LAYOUT.shard(id, 1, Form.COMPRESSED), 1000));
    }

    private void wal(String[] words) {
        for (String part : Arrays.asList(words).subList(2, words.length)) {
            String[] ends = part.split("-", -1);
            for (long n = Long.parseLong(ends[0]); n <= Long.parseLong(ends[ends.length - 1]); n++) {
                WalFile.Segment segment = WalFile.Segment.of(timeline(words[1]), n, SIZE);
                segments.put(segment, new StoredObject(LAYOUT.wal(segment, Form.COMPRESSED), 100));
            }
        }
    }

    private void restore(String text) {
        List<String> target = new ArrayList<>();
        BackupId from = null;
        TimelineId timeline = null;
        for (String word : text.split(" ", -1)) {
            if (word.startsWith("from=")) {
                from = id(word.substring(5));
            } else if (word.startsWith("timeline=")) {
                timeline = timeline(word.substring(9));
            } else {
                target.add(word);
            }
        }
        request = new RestoreRequest(RecoveryTarget.read(String.join(" ", target)), from, timeline);
    }

    private void seen(String[] words) {
        String[] place = words[1].split("/", -1);
        seen.put(WalFile.Segment.of(timeline(place[0]), Long.parseLong(place[1]), SIZE),
                new SegmentFacts(value(words, "last").map(Lsn::parse).orElse(null),
                        value(words, "commit").map(time -> Instant.parse("2026-01-31T" + time + "Z")).orElse(null),
                        value(words, "met").map(Lsn::parse).orElse(null)));
    }

    private void keep(String[] words) {
        rule = new RetentionPlan.Rule(value(words, "full").map(Integer::valueOf).orElse(null),
                value(words, "window").map(days -> Duration.ofDays(Long.parseLong(days.replace("d", ""))))
                        .orElse(null));
        now = value(words, "now").map(Instant::parse).orElse(now);
        value(words, "running").map(RepositoryDrawing::id).ifPresent(running::add);
    }

    private static Optional<String> value(String[] words, String name) {
        return Arrays.stream(words)
                .filter(word -> word.startsWith(name + "="))
                .map(word -> word.substring(name.length() + 1))
                .findFirst();
    }

    private static Fork fork(String text) {
        String[] parts = text.split("@", -1);
        return new Fork(timeline(parts[0]), Lsn.parse(parts[1]));
    }

    private static TimelineId timeline(String number) {
        return new TimelineId(Integer.parseInt(number));
    }

    private static BackupId id(String text) {
        return BackupId.read(text).orElseThrow();
    }
}
