package io.holdfast.backup;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an object in a repository, or of a folder of them. It is safe as a file's name and as a key of object storage.
 *
 * @param value parts with a slash between; each of letters, digits, dots, hyphens and underscores, no dot first, up to 120
 *     characters. Empty for the repository as a whole
 */
public record RepositoryPath(String value) implements Comparable<RepositoryPath> {
    private static final String PART = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}";
    private static final Pattern FORM = Pattern.compile("(" + PART + "(/" + PART + ")*)?");
    private static final int LONGEST = 900;

    /** The repository as a whole: the folder of all clusters. */
    public static final RepositoryPath ROOT = new RepositoryPath("");

    /** Throws IllegalArgumentException when the form is wrong. */
    public RepositoryPath {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a name in a repository: '" + value + "'");
        }
    }

    /** The path of a name that something else may have given; empty when it is none of ours. */
    public static Optional<RepositoryPath> read(String text) {
        return isValid(text) ? Optional.of(new RepositoryPath(text)) : Optional.empty();
    }

    private static boolean isValid(String text) {
        return text.length() <= LONGEST && FORM.matcher(text).matches();
    }

    /** True for the repository as a whole. */
    public boolean isRoot() {
        return value.isEmpty();
    }

    /** What lies below this folder under a name, which may have several parts. */
    public RepositoryPath resolve(String below) {
        return new RepositoryPath(isRoot() ? below : value + "/" + below);
    }

    /** The last part: the object's name in its folder. */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    /** The folder that this lies in; the root's is itself. */
    public RepositoryPath parent() {
        int slash = value.lastIndexOf('/');
        return slash < 0 ? ROOT : new RepositoryPath(value.substring(0, slash));
    }

    /** True for what lies below a folder, at any depth. */
    public boolean isBelow(RepositoryPath folder) {
        return !equals(folder) && (folder.isRoot() || value.startsWith(folder.value + "/"));
    }

    /** As characters order, so that the names of WAL and of backups are in the order of time. */
    @Override
    public int compareTo(RepositoryPath other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
