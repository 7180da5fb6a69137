package io.holdfast.backup;

import io.holdfast.backup.Catalog.Chain;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What of a repository may go, and why; and what stays. Whoever prints it has the dry run.
 *
 * @param kept the backups that stay, each with why
 * @param backups the backups that go, in the order in which they go: what follows another one first
 * @param wal the objects of the archive that go, the oldest first
 */
public record RetentionPlan(Map<BackupId, String> kept, List<BackupGoes> backups, List<WalGoes> wal) {
    /** For how long a backup without a manifest is left alone: it may be being made, or be resumed. */
    public static final Duration PATIENCE = Duration.ofDays(2);

    /** Takes immutable copies. */
    public RetentionPlan {
        kept = Collections.unmodifiableMap(new TreeMap<>(kept));
        backups = List.copyOf(backups);
        wal = List.copyOf(wal);
    }

    /**
     * How much is kept: what either of the two wants. Without both everything is.
     *
     * @param full how many full backups, with what follows them; null for no such rule
     * @param window how far back every point can be restored; null for no such rule
     */
    public record Rule(@Nullable Integer full, @Nullable Duration window) {}

    /**
     * A backup that goes.
     *
     * @param id which
     * @param objects all of it
     * @param why the reason
     */
    public record BackupGoes(BackupId id, List<StoredObject> objects, String why) {
        /** Takes an immutable copy. */
        public BackupGoes {
            objects = List.copyOf(objects);
        }
    }

    /**
     * An object of the archive that goes.
     *
     * @param file what it is
     * @param object where it lies
     * @param why the reason
     */
    public record WalGoes(WalFile file, StoredObject object, String why) {}

    /**
     * Decides.
     *
     * @param running the backups that are being made
     */
    public static RetentionPlan of(Catalog catalog, Rule rule, Instant now, Set<BackupId> running) {
        Map<BackupId, String> kept = new LinkedHashMap<>();
        List<Chain.Whole> whole = catalog.whole();
        if (rule.full() == null && rule.window() == null) {
            whole.forEach(chain -> kept.put(chain.last().id(), "nothing says that backups go"));
        }
        byCount(whole, rule.full(), kept);
        byWindow(whole, rule.window(), now, kept);
        if (kept.isEmpty() && !whole.isEmpty()) {
            kept.put(whole.getLast().last().id(), "it is the last one that can be restored");
        }
        for (Chain.Whole chain : whole) {
            if (kept.containsKey(chain.last().id())) {
                chain.manifests()
                        .forEach(manifest -> kept.putIfAbsent(manifest.id(), chain.last().id() + " needs it"));
            }
        }
        List<BackupGoes> goes = new ArrayList<>();
        for (BackupEntry entry : catalog.backups().reversed()) {
            if (!kept.containsKey(entry.id())) {
                String stays = staysAnyway(catalog, entry, whole, now, running);
                if (stays != null) {
                    kept.put(entry.id(), stays);
                } else {
                    goes.add(new BackupGoes(entry.id(), entry.objects(), goesBecause(entry, rule)));
                }
            }
        }
        return new RetentionPlan(kept, goes, WalRetention.of(catalog, kept.keySet()));
    }

    private static void byCount(List<Chain.Whole> whole, @Nullable Integer count, Map<BackupId, String> kept) {
        if (count == null) {
            return;
        }
        List<BackupId> fulls = whole.stream()
                .map(chain -> chain.last().id())
                .filter(id -> id.kind() == BackupId.Kind.FULL)
                .toList();
        List<BackupId> newest = fulls.subList(Math.max(0, fulls.size() - count), fulls.size());
        for (Chain.Whole chain : whole) {
            BackupId full = chain.manifests().getFirst().id();
            if (newest.contains(full)) {
                kept.putIfAbsent(chain.last().id(), chain.last().id().equals(full)
                        ? "it is one of the newest " + count + " full ones"
                        : "it follows " + full + ", one of the newest " + count + " full ones");
            }
        }
    }

    private static void byWindow(List<Chain.Whole> whole, @Nullable Duration window, Instant now,
            Map<BackupId, String> kept) {
        if (window == null) {
            return;
        }
        Instant begin = now.minus(window);
        Optional<Chain.Whole> base = whole.reversed()
                .stream()
                .filter(chain -> !chain.last().finishedAt().isAfter(begin))
                .findFirst();
        base.ifPresent(chain -> kept.putIfAbsent(chain.last().id(),
                "it is what the window of " + window + " begins with"));
        whole.stream()
                .filter(chain -> chain.last().finishedAt().isAfter(begin))
                .forEach(chain -> kept.putIfAbsent(chain.last().id(), "it is in the window of " + window));
    }

    private static @Nullable String staysAnyway(Catalog catalog, BackupEntry entry, List<Chain.Whole> whole,
            Instant now, Set<BackupId> running) {
        return switch (entry) {
            case BackupEntry.Unfinished _ when running.contains(entry.id()) -> "it is being made";
            case BackupEntry.Unfinished _ when entry.id().startedAt().isAfter(now.minus(PATIENCE)) ->
                "it is young, and may be made still, or resumed";
            case BackupEntry.Unfinished _ -> null;
            case BackupEntry.Damaged _ -> "it is damaged: look at it, and then delete it by its name";
            case BackupEntry.Complete _ when catalog.chain(entry.id()) instanceof Chain.Broken broken ->
                broken.problem().fact() + ": look at it, and then delete it by its name";
            case BackupEntry.Complete _ when whole.isEmpty() -> "nothing else is left";
            case BackupEntry.Complete _ -> null;
        };
    }

    private static String goesBecause(BackupEntry entry, Rule rule) {
        if (entry instanceof BackupEntry.Unfinished) {
            return "it was never finished";
        }
        List<String> why = new ArrayList<>();
        if (rule.full() != null) {
            why.add("there are " + rule.full() + " newer full ones");
        }
        if (rule.window() != null) {
            why.add("it is older than what the window of " + rule.window() + " needs");
        }
        return String.join(", and ", why);
    }

    /** For people, a line each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        kept.forEach((id, why) -> lines.add("keep " + id + ": " + why));
        backups.forEach(goes -> lines.add("delete " + goes.id() + ", " + goes.objects().size() + " objects, "
                + goes.objects().stream().mapToLong(StoredObject::sizeBytes).sum() + " bytes: " + goes.why()));
        Map<List<Object>, List<WalGoes>> together = new LinkedHashMap<>();
        wal.forEach(goes -> together
                .computeIfAbsent(List.of(goes.file().timeline(), goes.why()), _ -> new ArrayList<>())
                .add(goes));
        together.values()
                .forEach(goes -> lines.add("delete WAL " + goes.getFirst().file().fileName() + " to "
                        + goes.getLast().file().fileName() + ", " + goes.size() + " objects, "
                        + goes.stream().mapToLong(one -> one.object().sizeBytes()).sum() + " bytes: "
                        + goes.getFirst().why()));
        return lines;
    }
}
