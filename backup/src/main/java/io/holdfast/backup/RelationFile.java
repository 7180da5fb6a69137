package io.holdfast.backup;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of a relation's pages, by its name (manual, "Database File Layout").
 *
 * @param filenode the number in its name
 * @param fork which of its forks, {@code main} for the data
 * @param segment which part of it, from 0
 */
public record RelationFile(String filenode, String fork, int segment) {
    /** PostgreSQL's BLCKSZ, which all packages leave as it is. */
    public static final int PAGE_BYTES = 8192;
    /** How many pages are in a segment, of 1 GiB. */
    public static final int SEGMENT_PAGES = 131_072;

    private static final Pattern NAME = Pattern.compile("([0-9]{1,10})(?:_(fsm|vm|init))?(?:\\.([0-9]{1,6}))?");
    private static final Pattern FOLDER = Pattern
            .compile("global|base/[0-9]+|pg_tblspc/[0-9]+/PG_[0-9]+_[0-9]+/[0-9]+");

    /** Reads a path; empty when it is not that of a relation. */
    public static Optional<RelationFile> read(String path) {
        int slash = path.lastIndexOf('/');
        if (slash < 0 || !FOLDER.matcher(path.substring(0, slash)).matches()) {
            return Optional.empty();
        }
        Matcher name = NAME.matcher(path.substring(slash + 1));
        if (!name.matches()) {
            return Optional.empty();
        }
        String fork = name.group(2) == null ? "main" : name.group(2);
        int segment = name.group(3) == null ? 0 : Integer.parseInt(name.group(3));
        return Optional.of(new RelationFile(name.group(1), fork, segment));
    }

    /** The number in the whole relation of a page in this file; it is mixed into the page's checksum. */
    public int block(long blockInFile) {
        return (int) ((long) segment * SEGMENT_PAGES + blockInFile);
    }
}
