package io.holdfast.backup;

import io.holdfast.config.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Which bytes of which object make the files of a backup. In a chain the newest piece of a file hides what is below it, so
 * that the objects can be read in any order and each byte is written once.
 *
 * @param files the length of each file
 * @param sources the objects that are needed, and what of them
 */
public record Assembly(Map<String, Long> files, List<Source> sources) {

    /** Takes an immutable copy. */
    public Assembly {
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
        sources = List.copyOf(sources);
    }

    /**
     * An object that is needed.
     *
     * @param backup whose it is
     * @param object which
     * @param wanted for the index of a piece of it, what of the file to write from that; other pieces are passed over
     */
    public record Source(Manifest backup, Manifest.BackupObject object, Map<Integer, List<Range>> wanted) {
        /** How many bytes of files it gives. */
        public long bytes() {
            return wanted.values().stream().flatMap(List::stream).mapToLong(range -> range.to() - range.from()).sum();
        }
    }

    /**
     * A part of a file.
     *
     * @param from its first byte
     * @param to the byte after its last one
     */
    public record Range(long from, long to) {}

    /**
     * How the last backup of a chain is put together; throws HoldfastException when the chain does not hold all of it.
     *
     * @param chain the full one first
     * @param files how long each file is; {@link #lengths} is enough for a full backup
     * @param wanted which files are needed
     */
    public static Assembly of(List<Manifest> chain, Map<String, Long> files, Predicate<String> wanted) {
        Map<String, List<Range>> parts = new TreeMap<>();
        files.forEach((path, length) -> {
            if (wanted.test(path)) {
                parts.put(path, whole(length));
            }
        });
        return of(chain, files, parts);
    }

    /**
     * The same of parts of the files.
     *
     * @param wanted which parts of which files are needed, none twice
     */
    public static Assembly of(List<Manifest> chain, Map<String, Long> files, Map<String, List<Range>> wanted) {
        Map<String, Ranges> open = new TreeMap<>();
        wanted.forEach((path, parts) -> open.put(path, new Ranges(parts)));
        List<Source> sources = new ArrayList<>();
        for (Manifest manifest : chain.reversed()) {
            for (Manifest.BackupObject object : manifest.objects()) {
                Map<Integer, List<Range>> taken = taken(object, open);
                if (!taken.isEmpty()) {
                    sources.add(new Source(manifest, object, taken));
                }
            }
        }
        open.forEach((path, missing) -> {
            if (!missing.isEmpty()) {
                throw new Problem("HF-2088",
                        "backup " + chain.getLast().id() + " does not hold all of " + path + ": what is at byte "
                                + missing.first() + " is in no object of its chain",
                        "restore another backup, and report this one.").toException();
            }
        });
        return new Assembly(files, sources);
    }

    /** The files that a backup has a piece of, with their lengths; what an incremental one found unchanged is not among them. */
    public static Map<String, Long> lengths(Manifest backup) {
        Map<String, Long> files = new LinkedHashMap<>();
        backup.files().forEach((path, pieces) -> files.put(path, pieces.getFirst().piece().fileBytes()));
        return files;
    }

    /** All of a file of a length. */
    public static List<Range> whole(long length) {
        return length == 0 ? List.of() : List.of(new Range(0, length));
    }

    private static Map<Integer, List<Range>> taken(Manifest.BackupObject object, Map<String, Ranges> open) {
        Map<Integer, List<Range>> taken = new LinkedHashMap<>();
        for (int i = 0; i < object.files().size(); i++) {
            Manifest.Piece piece = object.files().get(i);
            Ranges missing = open.get(piece.path());
            List<Range> inside = missing == null
                    ? List.of()
                    : missing.take(piece.offset(), piece.offset() + piece.sizeBytes());
            if (!inside.isEmpty()) {
                taken.put(i, List.copyOf(inside));
            }
        }
        return taken;
    }
}
