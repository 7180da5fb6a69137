package io.holdfast.backup.io;

import io.holdfast.backup.Catalog;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RestoreDecision;
import io.holdfast.backup.RestorePlanner;
import io.holdfast.backup.RestoreRequest;
import io.holdfast.backup.SegmentFacts;
import io.holdfast.backup.StoredObject;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.WalFile;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Looks into the archived WAL with PostgreSQL's own {@code pg_waldump}, for what a recovery target depends on. */
public final class WalScan {
    private static final Pattern RECORD = Pattern.compile(
            "rmgr: (\\S+) .*? tx: +(\\d+), lsn: ([0-9A-F]+/[0-9A-F]+), prev \\S+, desc: (\\S+) ?(.*)");
    private static final Pattern TIME = Pattern.compile("(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}) UTC");
    private static final DateTimeFormatter FORM = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS",
            Locale.ROOT);

    private final StoredObjects objects;
    private final Catalog catalog;
    private final Path program;
    private final Path scratch;

    /**
     * Of a catalog.
     *
     * @param identity opens the WAL; null where it is not sealed
     * @param program {@code pg_waldump} of the server's version or a newer one
     * @param scratch an empty directory, with room for two segments
     */
    public WalScan(Repository repository, @Nullable Identity identity, Catalog catalog, Path program, Path scratch) {
        this.objects = new StoredObjects(repository, identity);
        this.catalog = catalog;
        this.program = program;
        this.scratch = scratch;
    }

    /** Decides how a target is reached, and looks into as much WAL as that needs. Never {@code LookInto}. */
    public RestoreDecision decide(RestoreRequest request) throws IOException {
        Map<WalFile.Segment, SegmentFacts> known = new HashMap<>();
        while (true) {
            RestoreDecision decision = RestorePlanner.decide(catalog, request, known);
            if (!(decision instanceof RestoreDecision.LookInto look)) {
                return decision;
            }
            known.put(look.segment(), look(look.segment(), request));
        }
    }

    private SegmentFacts look(WalFile.Segment segment, RestoreRequest request) throws IOException {
        try {
            fetch(segment, segment);
            // A record may reach into the next segment, whose file has the name of another timeline where that was left.
            WalFile.Segment same = segment.next(catalog.wal().size());
            WalFile.Segment next = next(same);
            if (next != null) {
                fetch(next, same);
            }
            return dump(segment, next == null ? segment : same, request.target());
        } finally {
            clear();
        }
    }

    private WalFile.@Nullable Segment next(WalFile.Segment same) {
        if (catalog.wal().segments().containsKey(same)) {
            return same;
        }
        long number = same.number(catalog.wal().size());
        for (TimelineHistory history : catalog.wal().histories().values()) {
            WalFile.Segment other = history.segment(number, catalog.wal().size());
            boolean descends = history.forks().stream().anyMatch(fork -> fork.timeline().equals(same.timeline()));
            if (descends && catalog.wal().segments().containsKey(other)) {
                return other;
            }
        }
        return null;
    }

    private void fetch(WalFile.Segment segment, WalFile.Segment as) throws IOException {
        StoredObject object = Objects.requireNonNull(catalog.wal().segments().get(segment));
        Form form = catalog.layout().readWal(object.path()).map(Layout.Archived::form).orElse(Form.SEALED);
        Path file = scratch.resolve(as.fileName());
        objects.read(object.path(), form, null, plain -> Files.copy(plain, file));
    }

    private SegmentFacts dump(WalFile.Segment from, WalFile.Segment to, RecoveryTarget target) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(program.toString(), "--path=" + scratch, from.fileName(),
                to.fileName()));
        builder.environment().put("TZ", "UTC");
        builder.environment().put("LC_ALL", "C");
        // Its only complaint is that the WAL ends, which is known.
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-2101", program + " cannot be run (" + e.getMessage() + ")",
                    "install the programs of PostgreSQL on this host: the target cannot be looked for without it."), e);
        }
        Seen seen = new Seen(target, from.end(catalog.wal().size()));
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && seen.take(line); line = lines.readLine()) {
                // All is in what was seen.
                continue;
            }
        } finally {
            process.destroy();
        }
        return new SegmentFacts(seen.lastRecord, seen.newestCommit, seen.met);
    }

    private void clear() throws IOException {
        try (Stream<Path> files = Files.list(scratch)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /** What the lines tell. */
    private static final class Seen {
        private final RecoveryTarget target;
        private final Lsn end;
        private @Nullable Lsn lastRecord;
        private @Nullable Instant newestCommit;
        private @Nullable Lsn met;

        Seen(RecoveryTarget target, Lsn end) {
            this.target = target;
            this.end = end;
        }

        /** False when all is seen. */
        boolean take(String line) {
            Matcher record = RECORD.matcher(line);
            if (!record.matches()) {
                return true;
            }
            Lsn lsn = Lsn.parse(record.group(3));
            if (lsn.compareTo(end) >= 0) {
                return false;
            }
            lastRecord = lsn;
            String what = record.group(4);
            if (record.group(1).equals("Transaction") && (what.startsWith("COMMIT") || what.startsWith("ABORT"))) {
                ended(lsn, Long.parseLong(record.group(2)), record.group(5));
            } else if (what.equals("RESTORE_POINT") && target instanceof RecoveryTarget.AtName at
                    && record.group(5).equals(at.name())) {
                met = lsn;
            }
            return true;
        }

        private void ended(Lsn lsn, long xid, String rest) {
            Matcher time = TIME.matcher(rest);
            if (time.find()) {
                Instant ended = LocalDateTime.parse(time.group(1), FORM).toInstant(ZoneOffset.UTC);
                newestCommit = newestCommit == null || ended.isAfter(newestCommit) ? ended : newestCommit;
            }
            if (target instanceof RecoveryTarget.AtXid at && at.xid() == xid) {
                met = lsn;
            }
        }
    }
}
