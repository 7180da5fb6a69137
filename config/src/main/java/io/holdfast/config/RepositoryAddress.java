package io.holdfast.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a repository of backups is. */
public sealed interface RepositoryAddress {

    /**
     * A directory of this host, or mounted from another.
     *
     * @param path absolute
     */
    record Directory(Path path) implements RepositoryAddress {
        @Override
        public String toString() {
            return "file:" + path;
        }
    }

    /**
     * A bucket of an object store.
     *
     * @param name its name
     * @param prefix the folder in it; empty for the whole bucket; neither begins nor ends with a slash
     */
    record Bucket(String name, String prefix) implements RepositoryAddress {
        @Override
        public String toString() {
            return "s3://" + name + (prefix.isEmpty() ? "" : "/" + prefix);
        }
    }

    /** Reads {@code file:/directory} or {@code s3://bucket/prefix}; empty for anything else. */
    static Optional<RepositoryAddress> read(String text) {
        if (text.startsWith("file:/")) {
            try {
                return Optional.of(new Directory(Path.of(text.substring("file:".length())).normalize()));
            } catch (InvalidPathException e) {
                return Optional.empty();
            }
        }
        Matcher matcher = Forms.BUCKET.matcher(text);
        return matcher.matches()
                ? Optional.of(new Bucket(matcher.group(1), Optional.ofNullable(matcher.group(2)).orElse("")))
                : Optional.empty();
    }

    /** The forms. */
    final class Forms {
        /** As Amazon allows them (S3 User Guide, "General purpose bucket naming rules"); the prefix as a readable path. */
        private static final Pattern BUCKET = Pattern
                .compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*))?/?");

        private Forms() {}
    }
}
